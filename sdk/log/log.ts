import { logIdOf } from '../crypto/index.js'
import { MAX_BLOCK_BYTES, MAX_LOG_BLOCKS } from '../protocol/limits.js'
import { encodeBase64url } from '../util/base64url.js'
import { Emitter } from '../util/emitter.js'
import { watch } from '../util/watch.js'
import { parseAddress, urlOf } from './address.js'
import { audit, type AuditReport } from './audit.js'
import { clearBlocks } from './clear.js'
import type { CommitResult } from './committer.js'
import { rememberCore } from './core-of.js'
import type { Core, HeadRelation } from './core.js'
import { forward, type LogEventName, type LogEvents, type LogListenOptions } from './events.js'
import { blockTooLarge, isClosed, wrongKey } from './failures.js'
import { limited } from './limited.js'
import { LogView } from './log-view.js'
import { checkIndex, checkSignal, checkWhole, readLogOptions, type LogOptions } from './options.js'
import { Session, type Opened } from './session.js'
import { codecOf, type ValueCodec, type ValueEncoding, type ValueTypes } from './values.js'

/** Where an append came to lie. */
export interface AppendResult {
  /** Of its first block. */
  readonly index: number
  /** Of the log with it, in blocks and in bytes. */
  readonly length: number
  readonly byteLength: number
}

/** A log as it was at one moment. */
export type LogSnapshot<Encoding extends ValueEncoding = 'binary'> = LogView<Encoding>

/**
 * An append-only log: values in the order in which one writer appended them, signed, kept on this device. Its key names it, and
 * lets whoever has it verify each block; the device that made it alone can append.
 *
 * It is opened by the first call that needs it, and so are what it is kept in and the cryptography. Handles of one log share it, and each
 * is closed for itself.
 *
 * @example
 * ```ts
 * const log = new Log('diary', { valueEncoding: 'json' })
 * await log.append({ said: 'hello' })
 * for await (const entry of log.createReadStream()) console.log(entry)
 * await log.close()
 * ```
 */
export class Log<Encoding extends ValueEncoding = 'binary'> extends LogView<Encoding> {
  readonly #session: Session
  readonly #options: LogOptions<Encoding>
  readonly #codec: ValueCodec<Encoding>
  readonly #emitter: Emitter<LogEvents>
  readonly #report: (error: unknown) => void

  /**
   * `null` makes a log of a fresh key; a text names one of this device, made when there is none; a key of 32 bytes or a URL
   * (`skein://log/…`) is a log that this device may have made, or of another writer. Nothing is read or made yet.
   *
   * A name has 1 to 64 characters; texts that Unicode holds to be the same (NFC) are one. Throws a `TypeError` or `RangeError` for what is
   * none of these, for names that look like keys or URLs, and for bad options.
   */
  constructor(address: Uint8Array | string | null, options: LogOptions<Encoding> = {}) {
    const parsed = parseAddress(address)
    const { vault, encryptionKey, valueEncoding } = readLogOptions('log could not be made', options)
    const codec = codecOf(valueEncoding as Encoding)
    const emitter: Emitter<LogEvents> = new Emitter((error) => report(error))
    const report = (error: unknown): void => {
      emitter.emit('error', { error })
    }
    const attach = (opened: Opened): (() => void) => forward(opened, emitter)
    const session = new Session({ vault, encryptionKey, address: parsed, attach })
    super({ session, codec, fixed: null, report })
    this.#session = session
    this.#options = { ...options, encryptionKey: encryptionKey ?? undefined }
    this.#codec = codec
    this.#emitter = emitter
    this.#report = report
    rememberCore(this, () => this.#core)
    session.ending.addEventListener('abort', () => {
      if (!isClosed(session.ending.reason)) report(session.ending.reason)
    })
  }

  /** The public key of its writer: 32 bytes, a copy; `null` before it is open. Whoever has it can read the log, if it is not encrypted. */
  get key(): Uint8Array | null {
    return this.#core?.parts.logKey.slice() ?? null
  }

  /** Its key as a URL; empty before it is open. */
  get url(): string {
    return this.#core === null ? '' : urlOf(this.#core.parts.logKey)
  }

  /** What it may be called before those who do not have its key: 43 characters, from which the key does not follow; empty before it is open. */
  get id(): string {
    return this.#core === null ? '' : encodeBase64url(logIdOf(this.#core.parts.sodium, this.#core.parts.logKey))
  }

  /** Whether this device is its writer; `false` before it is open. */
  get writable(): boolean {
    return this.#core?.isWritable ?? false
  }

  /** What its writer signed of it last, as far as is known here: 137 bytes that `compare` takes elsewhere; `null` while it is empty. */
  get signedHead(): Uint8Array | null {
    return this.#core?.state.head?.slice() ?? null
  }

  /** The evidence that its writer has signed two histories; `null` for all other logs. */
  get fork(): Uint8Array | null {
    return this.#core?.state.fork?.slice() ?? null
  }

  get #core(): Core | null {
    return this.#session.known?.core ?? null
  }

  /**
   * Resolves when the log is open: its key is known, and what is here of it can be read. Every other call waits for that by itself.
   *
   * Rejects `storage-failed` where nothing can be kept, `storage-blocked`, `storage-lost`, `log-damaged` for a log whose head its key did
   * not sign, `encryption-key-wrong` for one of this device that is not encrypted under this key, `engine-missing`, `closed`, and with the
   * signal's reason. A later call tries again.
   */
  ready(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const signal = checkSignal('log could not be opened', options.signal)
    return this.#run(signal, async () => {
      await this.#session.open()
    })
  }

  /**
   * Appends a value, or each of an array's (an array that is one value itself stands in another). Resolves once they are durable, not
   * before: a power cut does not take them back. All of one call are there or none; calls that are made before others are
   * through share their cost. What is handed in is copied.
   *
   * Rejects `log-read-only` where another device is the writer, `storage-full`, after which the log is as it was, `log-forked`,
   * `log-damaged`, `block-too-large` for a value of more than 61,440 bytes (61,400 where the log is encrypted), and what `ready` rejects
   * with. Throws a `TypeError` for what the encoding does not take.
   */
  append(values: ValueTypes[Encoding] | readonly ValueTypes[Encoding][]): Promise<AppendResult> {
    const list = Array.isArray(values) ? (values as readonly ValueTypes[Encoding][]) : [values as ValueTypes[Encoding]]
    const blocks = list.map((value) => this.#codec.encode(value))
    return watch(this.#report, undefined, async () => {
      const { core, cipher, overhead } = await this.#session.open()
      if (core.parts.writer?.lock && cipher === null)
        throw wrongKey('log could not be appended to', 'it needs its encryptionKey')
      const largest = blocks.reduce((most, { length }) => Math.max(most, length), 0)
      if (largest + overhead > MAX_BLOCK_BYTES) throw blockTooLarge(largest, MAX_BLOCK_BYTES - overhead)
      const { size, byteLength } = await new Promise<CommitResult>((resolve, reject) =>
        core.append({ blocks, cipher, resolve, reject }),
      )
      return { index: size - blocks.length, length: size, byteLength: byteLength - overhead * size }
    })
  }

  /**
   * Gives back the room of the blocks from `start` up to and without `end` (`start + 1` when not given) on this device. The log stays as
   * long as it is, and they can come back from whoever has them; of a log that nobody else has they are gone. Resolves with
   * the bytes that are free now, once that is written.
   */
  clear(start: number, end: number = start + 1): Promise<number> {
    const action = 'blocks could not be cleared'
    const from = checkIndex(action, 'start', start)
    const to = checkWhole(action, 'end', end, MAX_LOG_BLOCKS)
    return this.#run(undefined, async () => clearBlocks((await this.#session.open()).core, from, to))
  }

  /**
   * Reads and hashes all that is here of the log, and finds every bit that is another than the writer signed. It changes nothing.
   * Takes about a second for each 100 MiB. Rejects with the signal's reason, `closed` and what `ready` rejects with.
   */
  audit(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<AuditReport> {
    const signal = checkSignal('log could not be audited', options.signal)
    return this.#run(signal, async (ended) => audit((await this.#session.open()).core, ended))
  }

  /**
   * How a signed head that was seen elsewhere (`signedHead`) stands to this log: `same`, `older`, `newer`, of which nothing more can be
   * said without its blocks, `unknown` for an older one of which nothing can be said as not enough of the log is here, or `forked`. Then its writer has signed two histories, as a device does that was copied or restored from a backup: the
   * log is frozen, also after it is opened again, stays readable, and has the evidence in `fork`.
   *
   * Rejects with a `RangeError` for bytes that are no head signed by the key of this log.
   */
  compare(signedHead: Uint8Array): Promise<HeadRelation> {
    if (!(signedHead instanceof Uint8Array)) throw new TypeError('head could not be compared: it must be a Uint8Array')
    const head = signedHead.slice()
    return this.#run(undefined, async () => {
      const { core } = await this.#session.open()
      const relation = await core.compare(head)
      if (relation !== null) return relation
      throw new RangeError('head could not be compared: it is not signed by the key of this log')
    })
  }

  /** What the log is now, as a view that stays so. To be closed like every handle. */
  async snapshot(): Promise<LogSnapshot<Encoding>> {
    const { core } = await this.#session.open()
    const fixed = { length: this.length, byteLength: this.byteLength }
    const address = { kind: 'key', key: core.parts.logKey } as const
    const session = new Session({ ...this.#session.parts, address, attach: () => () => undefined })
    await session.open()
    return new LogView({ session, codec: this.#codec, fixed, report: this.#report })
  }

  /** Another handle of the same log, open, of the same encoding. */
  async session(): Promise<Log<Encoding>> {
    const { core } = await this.#session.open()
    const other = new Log<Encoding>(core.parts.logKey, this.#options)
    await other.ready()
    return other
  }

  /** Calls `listener` at each event of this name; the result removes it. */
  on<Name extends LogEventName>(
    name: Name,
    listener: (event: LogEvents[Name]) => unknown,
    options: LogListenOptions = {},
  ): () => void {
    return this.#emitter.on(name, listener, options)
  }

  #run<Value>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    return watch(this.#report, signal, () =>
      limited({ signals: [signal], ending: this.#session.ending, timeout: null }, work),
    )
  }
}
