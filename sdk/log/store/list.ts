import type { CommitResult } from '../committer.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { MAX_STORE_ENTRIES } from '../../protocol/limits.js'
import { decodeStoreEntry, encodeStoreEntry, type StoreLog } from '../../protocol/store-entry.js'
import { SkeinError } from '../../errors.js'
import { encodeBase64url } from '../../util/base64url.js'
import type { LogAddress } from '../address.js'
import type { Core } from '../core.js'
import type { LogHome } from '../home.js'
import { Serial } from '../serial.js'
import { Session, type Opened } from '../session.js'
import type { BlockRange } from '../tree/positions.js'

/** An entry, and where in the list it is. */
interface Placed {
  readonly block: number
  readonly log: StoreLog
}

/** The list is not to be written to, but its logs may well be. */
const UNWRITABLE: readonly unknown[] = ['log-read-only', 'log-restored', 'log-forked', 'log-damaged']

const nameId = (namespace: readonly string[], name: string): string => JSON.stringify([namespace, name])
const entryId = ({ namespace, name, key }: StoreLog): string => JSON.stringify([namespace, name, encodeBase64url(key)])

/**
 * Which logs a store has: the entries of its list that are here. The list is a log like others; what its writer put into it beside
 * entries goes by, and so does what comes twice.
 */
export class StoreList {
  readonly #home: LogHome
  #session: Session | null = null
  readonly #reads = new Serial()
  /** Which blocks were looked at. */
  readonly #seen = new Set<number>()
  readonly #ids = new Set<string>()
  readonly #arrived: Placed[] = []
  readonly #named = new Map<string, Placed>()
  readonly #derived = new Map<string, StoreLog>()
  readonly #listeners = new Set<() => void>()
  readonly #recording = new Map<string, Promise<void>>()
  /** What could not be written, and is with the next that can. */
  readonly #unwritten = new Map<string, StoreLog>()

  constructor(home: LogHome) {
    this.#home = home
  }

  /** As they came; grows, and changes nowhere else. */
  get arrived(): readonly { readonly log: StoreLog }[] {
    return this.#arrived
  }

  /** In the order in which they were written. */
  entries(): StoreLog[] {
    return [...this.#arrived].sort((one, other) => one.block - other.block).map(({ log }) => log)
  }

  /** The first of that name; `null` while there is none. */
  named(namespace: readonly string[], name: string): StoreLog | null {
    return this.#named.get(nameId(namespace, name))?.log ?? null
  }

  /** An entry that has this key and a name, from which it may follow. */
  derived(key: Uint8Array): StoreLog | null {
    return this.#derived.get(encodeBase64url(key)) ?? null
  }

  /** From here on it is this log, which is open until the list is closed. Only the first call counts. */
  async follow(address: LogAddress): Promise<void> {
    this.#session ??= new Session({
      home: this.#home,
      address,
      isEager: true,
      encryptionKey: null,
      attach: (opened) => this.#attach(opened),
    })
    await this.ready()
  }

  /** As it is open; `null` where nobody knows the list. */
  async opened(): Promise<Opened | null> {
    return (await this.#session?.open()) ?? null
  }

  /** Whether it has all names: this device writes it, and it was never too full for one. */
  get hasAllNames(): boolean {
    const core = this.#session?.known?.core
    return core !== undefined && core.isWritable && core.state.size < MAX_STORE_ENTRIES
  }

  /** Resolves when all that is here was looked at; at once where nobody knows the list. Rejects as logs that are opened do. */
  async ready(): Promise<void> {
    await this.#session?.open()
    await this.#reads.settled()
  }

  /** Resolves with the first value that there is, now or after more entries came. Nothing is left of it when the signal ends. */
  until<Value>(look: () => Value | null, signal: AbortSignal): Promise<Value> {
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#listeners.delete(seek)
        signal.removeEventListener('abort', stop)
      }
      const seek = (): void => {
        const value = look()
        if (value === null) return
        stop()
        resolve(value)
      }
      this.#listeners.add(seek)
      signal.addEventListener('abort', stop)
      seek()
    })
  }

  /**
   * Resolves when the entry is in the list, durably. Where the list cannot be written to, it is with the next one that can, and this
   * resolves all the same. Only for a store of this device.
   */
  record(log: StoreLog): Promise<void> {
    const id = entryId(log)
    const recording = this.#recording.get(id) ?? this.#record(id, log).finally(() => this.#recording.delete(id))
    this.#recording.set(id, recording)
    return recording
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#listeners.clear()
    await this.#session?.close()
  }

  async #record(id: string, log: StoreLog): Promise<void> {
    const opened = await this.#session?.open()
    await this.#reads.settled()
    if (opened === undefined || this.#ids.has(id)) return
    this.#unwritten.set(id, log)
    const fitting = [...this.#unwritten].slice(0, Math.max(0, MAX_STORE_ENTRIES - opened.core.state.size))
    if (fitting.length === 0) return
    for (const [each] of fitting) this.#unwritten.delete(each)
    try {
      await append(
        opened.core,
        fitting.map(([, each]) => encodeStoreEntry(each)),
      )
    } catch (error) {
      for (const [each, unwritten] of fitting) this.#unwritten.set(each, unwritten)
      if (!(error instanceof SkeinError) || !UNWRITABLE.includes(error.code)) throw error
    }
    await this.#reads.settled()
  }

  #attach({ core }: Opened): () => void {
    const look = (range: BlockRange): void => {
      void this.#reads.run(() => this.#read(core, range))
    }
    const stop = core.events.on('presence', look)
    look({ start: 0, end: core.state.size })
    return stop
  }

  async #read(core: Core, { start, end }: BlockRange): Promise<void> {
    const { size } = core.state
    for (let block = start; block < Math.min(end, size, MAX_STORE_ENTRIES); block++) {
      if (this.#seen.has(block) || !core.state.presence.has(block)) continue
      // One that is damaged here may come from others yet.
      const bytes = await core.block(block).catch(() => null)
      if (bytes === null) continue
      this.#seen.add(block)
      const log = entryIn(bytes)
      if (log !== null) this.#add({ block, log })
    }
    for (const listener of [...this.#listeners]) listener()
  }

  #add(placed: Placed): void {
    const { block, log } = placed
    const id = entryId(log)
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    this.#arrived.push(placed)
    if (log.name === null) return
    const name = nameId(log.namespace, log.name)
    if (block < (this.#named.get(name)?.block ?? Infinity)) this.#named.set(name, placed)
    this.#derived.set(encodeBase64url(log.key), log)
  }
}

const append = (core: Core, blocks: readonly Uint8Array[]): Promise<CommitResult> =>
  new Promise((resolve, reject) => core.append({ blocks, cipher: null, resolve, reject }))

/** `null` for what is none. */
const entryIn = (block: Uint8Array): StoreLog | null => {
  try {
    return decodeStoreEntry(block)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
