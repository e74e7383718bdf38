import { logIdOf } from '../crypto/index.js'
import { MAX_BLOCK_BYTES, MAX_LOG_BLOCKS } from '../protocol/limits.js'
import { encodeBase64url } from '../util/base64url.js'
import { callBack, splitCallback, type Callback } from '../util/callback.js'
import { Emitter } from '../util/emitter.js'
import { callGuarded } from '../util/guard.js'
import { watch } from '../util/watch.js'
import { readAddress, urlOf } from './address.js'
import { audit, type AuditReport } from './audit.js'
import { clearBlocks } from './clear.js'
import type { CommitResult } from './committer.js'
import { rememberCore } from './core-of.js'
import type { Core, HeadRelation } from './core.js'
import type { Extensions } from './extensions.js'
import { forward, type LogEventName, type LogEvents, type LogListenOptions } from './events.js'
import { blockTooLarge, isClosed, wrongKey } from './failures.js'
import { limited } from './limited.js'
import { LogView } from './log-view.js'
import {
  checkIndex,
  checkSignal,
  checkWhole,
  readAppendOptions,
  readAuditOptions,
  readDownloadOptions,
  readLogOptions,
  readRecoverOptions,
  readUpdateOptions,
  type AppendOptions,
  type AuditOptions,
  type DownloadOptions,
  type LogOptions,
  type ReadyOptions,
  type RecoverOptions,
  type UpdateOptions,
} from './options.js'
import { peersOf, type RemotePeer } from './peers.js'
import { recover } from './recover.js'
import type { DownloadProgress } from './replication/download.js'
import type { LogReceipt } from './replication/receipts.js'
import { repair } from './repair.js'
import { Session, type Opened } from './session.js'
import type { BlockRange } from './tree/positions.js'
import { upToDate } from './up-to-date.js'
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
 * is closed for itself. Made by an `SDK` (`new sdk.Log(…)`), it is shared with the members of a group while it is open.
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
  readonly #extensions: Extensions
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
    const action = 'log could not be made'
    const parsed = readAddress(action, address)
    const settings = readLogOptions(action, options)
    const { home, encryptionKey, valueEncoding, isEager, isListed, extensions } = settings
    const codec = codecOf(valueEncoding as Encoding)
    const emitter: Emitter<LogEvents> = new Emitter((error) => report(error))
    const report = (error: unknown): void => {
      emitter.emit('error', { error })
    }
    const attach = (opened: Opened): (() => void) => {
      const stopForwarding = forward(opened, extensions, emitter)
      const endListing = isListed ? home.sharing.listed.add(opened.core.parts.logKey) : null
      return () => {
        endListing?.()
        stopForwarding()
      }
    }
    const session = new Session({ home, encryptionKey, address: parsed, isEager, attach })
    super({ session, codec, fixed: null, report })
    this.#session = session
    this.#options = { ...options, encryptionKey: encryptionKey ?? undefined }
    this.#codec = codec
    this.#extensions = extensions
    this.#emitter = emitter
    this.#report = report
    rememberCore(this, () => this.#core)
    session.ending.onEnd(() => {
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
  ready(options?: ReadyOptions | Callback<void>, callback?: Callback<void>): Promise<void> {
    const call = splitCallback(options, callback)
    const signal = checkSignal('log could not be opened', call.options?.signal)
    const opened = this.#run(signal, async () => {
      await this.#session.open()
    })
    return callBack(opened, call.callback, this.#report)
  }

  /**
   * Appends a value, or each of an array's (an array that is one value itself stands in another). Resolves once they are durable, not
   * before: a power cut does not take them back. All of one call are there or none; calls that are made before others are
   * through share their cost. What is handed in is copied. With `storedBy` it resolves once so many peers have told that they have it
   * durably; until then it waits for them, as long as the signal lets it.
   *
   * Rejects `log-read-only` where another device is the writer, `log-restored` before `recover()` of a log that came from a backup, or of which others were found to have more, `storage-full`, after which the log is as it was, `log-forked`,
   * `log-damaged`, `block-too-large` for a value of more than 61,440 bytes (61,400 where the log is encrypted), and what `ready` rejects
   * with. Throws a `TypeError` for what the encoding does not take.
   */
  append(
    values: ValueTypes[Encoding] | readonly ValueTypes[Encoding][],
    options?: AppendOptions | Callback<AppendResult>,
    callback?: Callback<AppendResult>,
  ): Promise<AppendResult> {
    const call = splitCallback(options, callback)
    const { signal, storedBy } = readAppendOptions('log could not be appended to', call.options ?? {})
    const list = Array.isArray(values) ? (values as readonly ValueTypes[Encoding][]) : [values as ValueTypes[Encoding]]
    const blocks = list.map((value) => this.#codec.encode(value))
    const appended = watch(this.#report, signal, async () => {
      const result = await this.#append(blocks)
      if (storedBy > 0) await this.#keptBy({ start: result.index, end: result.length }, storedBy, signal)
      return result
    })
    return callBack(appended, call.callback, this.#report)
  }

  async #append(blocks: readonly Uint8Array[]): Promise<AppendResult> {
    const { core, cipher, overhead } = await this.#session.open()
    if (core.parts.writer?.lock && cipher === null)
      throw wrongKey('log could not be appended to', 'it needs its encryptionKey')
    const largest = blocks.reduce((most, { length }) => Math.max(most, length), 0)
    if (largest + overhead > MAX_BLOCK_BYTES) throw blockTooLarge(largest, MAX_BLOCK_BYTES - overhead)
    const { size, byteLength } = await new Promise<CommitResult>((resolve, reject) =>
      core.append({ blocks, cipher, resolve, reject }),
    )
    return { index: size - blocks.length, length: size, byteLength: byteLength - overhead * size }
  }

  #keptBy(range: BlockRange, count: number, signal: AbortSignal | undefined): Promise<void> {
    return limited({ signals: [signal], ending: this.#session.ending, timeout: null }, async (ended) =>
      (await this.#session.open()).hold.swarm.keptBy(range, count, ended),
    )
  }

  /** Which peers have told since the log was opened that they have which of its blocks durably; the latest last, at most 1,024. */
  get receipts(): readonly LogReceipt[] {
    return this.#session.known?.hold.swarm.receipts.given ?? []
  }

  /** Those who have this log too, and are here: empty before it is open, and without an `SDK` that shares it. */
  peers(): readonly RemotePeer[] {
    const opened = this.#session.known
    return opened === null ? [] : peersOf(opened, this.#extensions, this.#report)
  }

  /**
   * Waits until a peer has told how long the log is, and the log is as long here as the longest that any of them shows. Resolves with
   * whether it is longer than before, after `timeoutMs` at the latest. Rejects with the signal's reason, `closed`, and what `ready` rejects
   * with.
   */
  update(options: UpdateOptions = {}): Promise<boolean> {
    const { signal, timeoutMs } = readUpdateOptions('log could not be updated', options)
    return this.#run(signal, async (ended) => {
      const opened = await this.#session.open()
      const before = opened.core.state.size
      await upToDate(opened, timeoutMs, ended)
      return opened.core.state.size > before
    })
  }

  /**
   * Makes this device go on with a log of its own whose secret came from a backup, or of which somebody has shown more than it has, as after its folder
   * was restored: before, nothing can be appended, since another device may have appended more, and a log that goes on from two places is forked for good. Waits until a peer is here, fetches
   * all that peers have, and resolves when `append` works. With `alone` it waits for nobody: for a log that no other device has.
   * At once for a log that needs it not.
   *
   * What no peer that is here has seen is not known of: be sure that the other device appends no more, and that somebody is here who has the log.
   * Rejects `log-read-only` for the log of another writer, `log-forked`, with the signal's reason, `closed`, and what `ready` rejects with.
   */
  recover(options: RecoverOptions = {}): Promise<void> {
    const { signal, alone } = readRecoverOptions('log could not be recovered', options)
    return this.#run(signal, async (ended) => recover(await this.#session.open(), alone, ended))
  }

  /**
   * Fetches all blocks of a range from whoever has them, and resolves when they are here, at once for a range that ends where it begins or before. It
   * goes on through whatever peers come and go.
   * Rejects with the signal's reason, `closed`, and what `ready` rejects with.
   */
  download(options: DownloadOptions = {}): Promise<void> {
    const { start, end, signal, onProgress } = readDownloadOptions('blocks could not be fetched', options)
    return this.#run(signal, async (ended) => {
      const { core, hold } = await this.#session.open()
      const progress = (now: DownloadProgress): void => {
        callGuarded(
          () => onProgress(Object.freeze(now)),
          (error) => this.#report(error),
        )
      }
      const to = end ?? core.state.size
      if (start < to) await hold.swarm.download({ start, end: to, onProgress: progress, signal: ended })
    })
  }

  /**
   * Says something to all peers of the log, by one of this handle's extensions; those who have the extension too are told by the event
   * `extension`. Each message arrives once and in order, or not at all when the peer goes first. At most 16,384 bytes; resolves when
   * there is room for more. Throws a `RangeError` for a name that is not among the options and for too much, and what its codec throws.
   */
  extension(type: string, data: unknown, callback?: Callback<void>): Promise<void> {
    const bytes = this.#extensions.encode(type, data)
    const said = this.#run(undefined, async () => (await this.#session.open()).hold.swarm.say(null, type, bytes))
    return callBack(said, callback, this.#report)
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
   * Reads and hashes all that is here of the log, and finds every bit of its blocks that is another than the writer signed. Takes about a second for
   * each 100 MiB. It changes nothing without `repair`.
   *
   * With `repair` damaged blocks count as not here, which peers are told, and are fetched again with what proves them; resolves when all are here, after
   * `timeoutMs` at the latest. What does not come in time comes later, as all blocks that are wanted do. What is
   * on the writer's device stays until what takes its place is here; what does not come in time is as it was there. Not repaired: a head, a secret, a name or a list of what is here that cannot be read (such a log is not opened
   * at all), and nodes of the tree that no block here is proved by.
   *
   * Rejects with the signal's reason, `closed` and what `ready` rejects with.
   */
  audit(options: AuditOptions = {}): Promise<AuditReport> {
    const settings = readAuditOptions('log could not be audited', options)
    return this.#run(settings.signal, async (ended) => {
      const { core, hold } = await this.#session.open()
      return settings.repair ? repair(core, hold.swarm, settings.timeoutMs, ended) : audit(core, ended)
    })
  }

  /**
   * How a signed head that was seen elsewhere (`signedHead`) stands to this log: `same`, `older`, `newer`, of which nothing more can be
   * said without its blocks, `unknown` for an older one of which nothing can be said as not enough of the log is here, or `forked`. Then its writer has signed two histories, as a device does that was copied or restored from a backup: the
   * log is frozen, also after it is opened again, stays readable, and has the evidence in `fork`. Where this device is the writer, `newer` says that it is such a
   * copy: `append` rejects `log-restored` from then on.
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
    const parts = { ...this.#session.parts, address, isEager: false, attach: () => () => undefined }
    const session = new Session(parts)
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

  /** Calls `listener` at each event of this name, `extension` with what it is made of; the result removes it. */
  on(
    name: 'extension',
    listener: (type: string, message: unknown, peer: RemotePeer) => unknown,
    options?: LogListenOptions,
  ): () => void
  on<Name extends Exclude<LogEventName, 'extension'>>(
    name: Name,
    listener: (event: LogEvents[Name]) => unknown,
    options?: LogListenOptions,
  ): () => void
  on(name: LogEventName, listener: (...event: never[]) => unknown, options: LogListenOptions = {}): () => void {
    const call = listener as (...event: unknown[]) => unknown
    return name === 'extension'
      ? this.#emitter.on(name, ({ type, message, peer }) => call(type, message, peer), options)
      : this.#emitter.on(name, call, options)
  }

  #run<Value>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    return watch(this.#report, signal, () =>
      limited({ signals: [signal], ending: this.#session.ending, timeout: null }, work),
    )
  }
}
