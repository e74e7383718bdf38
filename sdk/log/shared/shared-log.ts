import { platform } from '#platform'
import { SkeinError } from '../../errors.js'
import { decodeValue, encodeValue, ValueTooLarge } from '../../protocol/any-value.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { MAX_BLOCK_BYTES, MAX_SHARED_WRITERS } from '../../protocol/limits.js'
import { encodeSharedEntry, type SeenLog, type SharedAction } from '../../protocol/shared-entry.js'
import { decodeBase64url, encodeBase64url } from '../../util/base64url.js'
import { Emitter } from '../../util/emitter.js'
import { Opening, type Held } from '../../util/opening.js'
import { watch } from '../../util/watch.js'
import { parseAddress, urlOf } from '../address.js'
import { blockTooLarge, logClosed } from '../failures.js'
import { Log } from '../log.js'
import { readSharedOptions, type LogOptions } from '../options.js'
import { Serial } from '../serial.js'
import { orderOf, type Order, type OrderedEntry, type WriterEntry } from './order.js'
import { WriterLog } from './writer-log.js'

/** What one of the writers appended, at its place among all. */
export interface SharedValue {
  readonly value: unknown
  /** The URL of its writer's log. */
  readonly writer: string
  /** In that log. */
  readonly index: number
}

/** One who may write, or could. */
export interface SharedWriter {
  /** The URL of its log. */
  readonly url: string
  readonly isAdmin: boolean
  /** What it appended before still stands. */
  readonly isRevoked: boolean
}

export interface SharedLogEvents {
  /** There are more entries, they have another order, or somebody else may write. */
  readonly change: Readonly<Record<string, never>>
  /** A call failed whose promise may have nobody who looks at it, a listener threw, or the log of a writer cannot be read. */
  readonly error: { readonly error: unknown }
}

export type SharedLogOptions = Pick<LogOptions, 'sdk' | 'storage' | 'encryptionKey' | 'listed'>

interface Opened {
  readonly founder: string
  /** What this device appends to. */
  readonly own: string
}

const keyOf = (name: string): Uint8Array => decodeBase64url(name) as Uint8Array

/**
 * A log of many writers: each device appends to a log of its own, and all who have the same logs see one order of what is in them, in which
 * everything comes behind what its writer had seen. What comes late may come to lie before what is there. Whoever makes it founds it: its
 * key is that of the founder's log, and the founder lets others in by `authorize`, with the `localUrl` that they tell.
 *
 * Everything is read and kept in memory while it is open.
 *
 * @example
 * ```ts
 * const notes = new SharedLog('notes', { sdk })
 * await notes.append({ text: 'hello' })
 * await notes.authorize(urlFromAda)
 * console.log(notes.values())
 * ```
 */
export class SharedLog {
  readonly #address: Uint8Array | string | null
  readonly #options: SharedLogOptions
  readonly #emitter: Emitter<SharedLogEvents>
  readonly #report: (error: unknown) => void
  readonly #logs = new Map<string, WriterLog>()
  readonly #decoded = new WeakMap<WriterEntry, { readonly value: unknown } | null>()
  /** One append after the other: each says what is new to it since the one before. */
  readonly #turns = new Serial()
  readonly #waiters = new Set<() => void>()
  readonly #opening = new Opening(() => this.#begin(), logClosed)
  #order: Order | null = null
  #stopTimer: (() => void) | null = null
  /** How long the order took the last time, which is how long it waits for more. */
  #tookMs = 0

  /**
   * `null` founds one, a text founds one of this name or opens that of this device, a key or URL opens the one that it names. Nothing is
   * read or made yet. Throws a `TypeError` or `RangeError` as `Log` does.
   */
  constructor(address: Uint8Array | string | null = null, options: SharedLogOptions = {}) {
    parseAddress('log could not be made', address)
    this.#options = readSharedOptions(options)
    this.#address = address
    this.#report = (error) => {
      this.#emitter.emit('error', { error })
    }
    this.#emitter = new Emitter(this.#report)
  }

  /** The key of the founder's log: a copy; `null` before it is open. */
  get key(): Uint8Array | null {
    return this.#opened === null ? null : keyOf(this.#opened.founder)
  }

  /** The URL of the founder's log; empty before it is open. */
  get url(): string {
    return this.#opened === null ? '' : urlOf(keyOf(this.#opened.founder))
  }

  /** The URL of the log that this device appends to, for whoever is to authorize it; empty before it is open. */
  get localUrl(): string {
    return this.#opened === null ? '' : urlOf(keyOf(this.#opened.own))
  }

  /** Whether this device may append, as far as is known here. */
  get writable(): boolean {
    return this.#opened !== null && this.#mayWrite(this.#opened.own)
  }

  get #opened(): Opened | null {
    return this.#opening.isClosed ? null : this.#opening.known
  }

  /** Resolves when it is open. Rejects as `Log.ready` does; a later call tries again. */
  ready(): Promise<void> {
    return watch(this.#report, undefined, async () => {
      await this.#opening.open()
    })
  }

  /** All values that count, in the order that all have who have the same logs; as they are here now. */
  values(): readonly SharedValue[] {
    return this.#current().entries.flatMap((each) => this.#valueOf(each))
  }

  /** All that may write, or could, the founder first. */
  writers(): readonly SharedWriter[] {
    return [...this.#current().rights].map(([name, { isAdmin, end }]) =>
      Object.freeze({ url: urlOf(keyOf(name)), isAdmin, isRevoked: end !== Infinity }),
    )
  }

  /**
   * Appends a value: whatever a channel carries, JSON with bytes inside. Resolves once it is durable and has its place in `values()`.
   * Rejects `log-read-only` for who may not write, `block-too-large` for more than about 60 KiB, and as `Log.append` does.
   */
  append(value: unknown): Promise<void> {
    const encoded = encode(value)
    return watch(this.#report, undefined, () => this.#say(() => ({ type: 'value', value: encoded }), false))
  }

  /**
   * Lets the owner of a log write, by its URL, as an admin also let others in and out. Whoever was revoked stays so. Rejects
   * `log-read-only` for who is no admin. Throws as the constructor does for what is no key or URL.
   */
  authorize(log: Uint8Array | string, options: { readonly admin?: boolean | undefined } = {}): Promise<void> {
    const key = readKey(log)
    const isAdmin = options.admin ?? false
    return watch(this.#report, undefined, () => this.#say(() => ({ type: 'authorize', key, isAdmin }), true))
  }

  /**
   * Lets the owner of a log write no more. What is here of it now stands, and nothing behind that, wherever it comes from. Rejects and throws
   * as `authorize` does; nobody can revoke the founder.
   */
  revoke(log: Uint8Array | string): Promise<void> {
    const key = readKey(log)
    return watch(this.#report, undefined, () =>
      this.#say((order) => {
        const whom = encodeBase64url(key)
        if (whom === this.#opened?.founder) throw new RangeError('writer could not be revoked: it is the founder')
        return { type: 'revoke', key, length: order.lengths.get(whom) ?? 0 }
      }, true),
    )
  }

  /** Calls `listener` at each event of this name; the result removes it. */
  on<Name extends keyof SharedLogEvents>(
    name: Name,
    listener: (event: SharedLogEvents[Name]) => unknown,
    options: { readonly signal?: AbortSignal | undefined; readonly once?: boolean | undefined } = {},
  ): () => void {
    return this.#emitter.on(name, listener, options)
  }

  /** Closes the logs of all writers. Idempotent; never rejects. */
  async close(): Promise<void> {
    const closing = this.#opening.close()
    this.#stopTimer?.()
    this.#wake()
    await closing
  }

  async #begin(): Promise<Held<Opened>> {
    const founding = this.#log(this.#address)
    let local = founding
    try {
      await founding.ready()
      const founder = encodeBase64url(founding.key as Uint8Array)
      if (!founding.writable) local = this.#log(`shared ${founder}`)
      await local.ready()
      const own = encodeBase64url(local.key as Uint8Array)
      this.#read(founder, founding)
      if (own !== founder) this.#read(own, local)
      return {
        opened: { founder, own },
        leave: () => Promise.all([...this.#logs.values()].map(({ log }) => log.close())),
      }
    } catch (error) {
      await Promise.all([founding.close(), local.close()])
      throw error
    }
  }

  #log(address: Uint8Array | string | null): Log {
    return new Log(address, this.#options)
  }

  #read(name: string, log: Log): void {
    this.#logs.set(name, new WriterLog(log, () => this.#changed(), this.#report))
  }

  /** Looks soon, and once for all that comes until then. */
  #changed(): void {
    this.#order = null
    if (this.#opening.isClosed) return
    this.#stopTimer ??= platform.setTimer(this.#tookMs, () => {
      this.#stopTimer = null
      for (const name of this.#current().rights.keys()) {
        if (!this.#logs.has(name) && !this.#isFull) this.#read(name, this.#log(keyOf(name)))
      }
      this.#wake()
      this.#emitter.emit('change', Object.freeze({}))
    })
  }

  #wake(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiters) wake()
  }

  #current(): Order {
    if (this.#opened === null) return { entries: [], rights: new Map(), lengths: new Map() }
    if (this.#order !== null) return this.#order
    const began = platform.now()
    const logs = new Map([...this.#logs].map(([name, { entries }]) => [name, entries] as const))
    this.#order = orderOf(logs, this.#opened.founder)
    this.#tookMs = platform.now() - began
    return this.#order
  }

  #valueOf({ writer, index, entry }: OrderedEntry): SharedValue[] {
    const { action } = entry
    if (action.type !== 'value') return []
    let decoded = this.#decoded.get(entry)
    if (decoded === undefined) {
      decoded = decode(action.value)
      this.#decoded.set(entry, decoded)
    }
    return decoded === null ? [] : [Object.freeze({ value: decoded.value, writer: urlOf(keyOf(writer)), index })]
  }

  #mayWrite(name: string): boolean {
    return this.#current().rights.get(name)?.end === Infinity
  }

  #say(make: (order: Order) => SharedAction, isForAdmins: boolean): Promise<void> {
    return this.#turns.run(async () => {
      const { own } = await this.#opening.open()
      const mine = this.#logs.get(own) as WriterLog
      // What is here is read first: of who may write, and of what this comes behind.
      await this.#until(() => this.#isCaughtUp())
      const order = this.#current()
      const isAllowed = this.#mayWrite(own) && (!isForAdmins || order.rights.get(own)?.isAdmin === true)
      if (!isAllowed) throw readOnly(isForAdmins)
      const action = make(order)
      const { length } = await mine.log.append(encodeSharedEntry({ seen: newTo(mine, order, own), action }))
      await this.#until(() => mine.isOver || mine.entries.length >= length)
      if (mine.entries.length < length) throw logClosed()
      this.#current()
    })
  }

  /** Whether the logs of all writers that are known of are read as far as they were here. */
  #isCaughtUp(): boolean {
    return [...this.#current().rights.keys()].every((name) => this.#logs.get(name)?.isCaughtUp ?? this.#isFull)
  }

  get #isFull(): boolean {
    return this.#logs.size >= MAX_SHARED_WRITERS
  }

  /** Resolves when it is so, or it is closed. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.#opening.isClosed) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve))
    }
    if (this.#opening.isClosed) throw logClosed()
  }
}

/** What has come of others since the last entry of this log. */
const newTo = ({ seen }: WriterLog, order: Order, own: string): SeenLog[] =>
  [...order.lengths]
    .filter(([writer, length]) => writer !== own && order.rights.has(writer) && length > (seen.get(writer) ?? 0))
    .map(([writer, length]) => ({ key: keyOf(writer), length }))

const readOnly = (isForAdmins: boolean): SkeinError =>
  new SkeinError(
    'log-read-only',
    isForAdmins
      ? 'writer could not be changed: this device is no admin'
      : 'value could not be appended: nobody has authorized this device',
  )

const readKey = (log: Uint8Array | string): Uint8Array => {
  const address = parseAddress('writer could not be changed', log)
  if (address.kind === 'key') return address.key
  throw new RangeError('writer could not be changed: it needs the key or URL of its log')
}

const encode = (value: unknown): Uint8Array => {
  try {
    return encodeValue(value, MAX_BLOCK_BYTES)
  } catch (error) {
    if (error instanceof ValueTooLarge) throw blockTooLarge(MAX_BLOCK_BYTES + 1, MAX_BLOCK_BYTES)
    throw error
  }
}

/** `null` for what is none: one of the writers does not keep to what all have agreed on. */
const decode = (bytes: Uint8Array): { readonly value: unknown } | null => {
  try {
    return { value: decodeValue(bytes) }
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
