import { open, type FileHandle } from 'node:fs/promises'
import type { Room, Space } from './room.js'

/** Small pieces are put together up to this, as each write costs a turn. */
const BATCH_BYTES = 256 * 1024
const MAX_TRIES = 100

interface Piece {
  readonly bytes: Uint8Array
  /** 0 for what is in memory anyway, for another piece. */
  readonly held: number
}

/** Bytes that are put in place of others when the file is done. */
export interface Mend {
  readonly position: number
  readonly bytes: Uint8Array
}

const openNew = async (pathOf: (attempt: number) => string): Promise<FileHandle> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open(pathOf(attempt), 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === MAX_TRIES) throw error
    }
  }
}

const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> => {
  let offset = 0
  while (offset < bytes.length) {
    const at = position === null ? null : position + offset
    offset += (await handle.write(bytes, offset, bytes.length - offset, at)).bytesWritten
  }
}

/**
 * A new file that is written in the background, in order. What comes faster than the disk takes it waits up to a limit and
 * is refused beyond. When writing fails, `failed` is told once, and everything is refused.
 */
export class SegmentFile {
  /** Resolves when the file is closed. Never rejects. */
  readonly closed: Promise<void>
  readonly #room: Room
  readonly #space: Space
  readonly #queue: Piece[] = []
  #mends: readonly Mend[] | null = null
  #hasFailed = false
  #wake: () => void = () => {}

  /** `pathOf` is asked for another path while there is a file of that name. */
  constructor(
    { room, space }: { readonly room: Room; readonly space: Space },
    pathOf: (attempt: number) => string,
    failed: (error: unknown) => void,
  ) {
    this.#room = room
    this.#space = space
    this.closed = this.#run(pathOf).catch((error: unknown) => {
      this.#hasFailed = true
      for (const { held } of this.#queue.splice(0)) this.#room.giveBack(held)
      failed(error)
    })
  }

  /** All of the pieces, or none: whether they will be written. Of `isHeld` pieces the bytes are in memory for others anyway. */
  write(pieces: readonly Uint8Array[], isHeld = false): boolean {
    const size = pieces.reduce((sum, { length }) => sum + length, 0)
    const held = isHeld ? 0 : size
    if (this.#hasFailed || this.#mends !== null || !this.#room.has(held) || !this.#space.take(size)) return false
    this.#room.take(held)
    for (const bytes of pieces) this.#queue.push({ bytes, held: isHeld ? 0 : bytes.length })
    this.#wake()
    return true
  }

  /** Closes the file once everything is written. Idempotent. */
  close(mends: readonly Mend[] = []): Promise<void> {
    this.#mends ??= mends
    this.#wake()
    return this.closed
  }

  async #run(pathOf: (attempt: number) => string): Promise<void> {
    const handle = await openNew(pathOf)
    try {
      for (;;) {
        const batch = this.#takeBatch()
        if (batch.length > 0) await this.#writeBatch(handle, batch)
        else if (this.#mends === null) await new Promise<void>((resolve) => (this.#wake = resolve))
        else break
      }
      for (const { position, bytes } of this.#mends) await writeAll(handle, bytes, position)
    } finally {
      await handle.close()
    }
  }

  async #writeBatch(handle: FileHandle, batch: readonly Piece[]): Promise<void> {
    try {
      const [first] = batch
      const bytes =
        batch.length === 1 && first !== undefined ? first.bytes : Buffer.concat(batch.map((piece) => piece.bytes))
      await writeAll(handle, bytes, null)
    } finally {
      for (const { held } of batch) this.#room.giveBack(held)
    }
  }

  #takeBatch(): readonly Piece[] {
    let size = 0
    let count = 0
    for (const { bytes } of this.#queue) {
      size += bytes.length
      if (count > 0 && size > BATCH_BYTES) break
      count++
    }
    return this.#queue.splice(0, count)
  }
}
