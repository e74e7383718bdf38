import { SkeinError } from '../errors.js'
import { equalBytes } from '../util/bytes.js'

export interface StoredEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** `null` for no value: as a change it removes what is there, as an expectation it says that nothing is. */
export interface StorageChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface WriteOptions {
  /**
   * `strict` for what must outlast a power cut once it was acknowledged, `relaxed` for what others have too: a cut may take the latest
   * of it, but never a part of one write, and nothing before.
   */
  readonly durability: 'strict' | 'relaxed'
  /** Nothing is written unless these keys have these values: how two that write at once do not write over each other. */
  readonly expect?: readonly StorageChange[] | undefined
}

/**
 * What logs are kept in: values by keys, ordered bytewise by key, in a place that other pages or processes may have open too. Keys have 1
 * to 512 bytes; values are not empty, and up to 1 MiB. What is handed in is not changed until the promise settles, and what is handed out is the
 * caller's.
 *
 * Rejects `storage-full`, `storage-lost`, `storage-failed` for whatever else the device says, and `closed` after `close()`.
 */
export interface BlockStorage {
  /** Aborted with the `storage-lost` error when the place is gone: deleted, or taken away. It does not come back. */
  readonly lost: AbortSignal
  get(key: Uint8Array): Promise<Uint8Array | null>
  /** The last entry from `from` to `to`, both included. */
  last(from: Uint8Array, to: Uint8Array): Promise<StoredEntry | null>
  /** The first entries from `from` to `to`, both included, in order, at most `limit` of them. */
  range(from: Uint8Array, to: Uint8Array, limit: number): Promise<readonly StoredEntry[]>
  /**
   * All of the changes or none. Resolves with `true` once reads everywhere see them and they are as durable as asked for, and with
   * `false` when what was expected is not so.
   */
  write(changes: readonly StorageChange[], options: WriteOptions): Promise<boolean>
  /**
   * Calls `listener` soon after others who have the place open, in whatever page, have written to it, once or oftener; the result ends that.
   * Between processes of Node nothing tells of it.
   */
  onForeignWrite(listener: () => void): () => void
  /** Resolves when what was begun is done and nothing is open. Idempotent; never rejects. */
  close(): Promise<void>
}

export const storageClosed = (): SkeinError => new SkeinError('closed', 'storage could not be used: it was closed')

export const storageLost = (why: string, cause?: unknown): SkeinError =>
  new SkeinError('storage-lost', `storage could not be used: ${why}`, { cause })

export const storageFull = (cause: unknown): SkeinError =>
  new SkeinError(
    'storage-full',
    'storage could not be written: the device, or what this page may take of it, is full',
    {
      cause,
    },
  )

export const storageFailed = (action: string, cause: unknown): SkeinError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SkeinError('storage-failed', `${action}: ${reason}`, { cause })
}

/** Whether a value is what was expected. */
export const isValue = (value: Uint8Array | null, expected: Uint8Array | null): boolean =>
  value === null || expected === null ? value === expected : equalBytes(value, expected)
