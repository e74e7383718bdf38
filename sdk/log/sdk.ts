import type { WebGroup } from '../index.js'
import { urlOf } from './address.js'
import { logClosed } from './failures.js'
import { LogHome, rememberHome } from './home.js'
import { limited } from './limited.js'
import { Log } from './log.js'
import { checkSignal, readSdkOptions, type LogOptions } from './options.js'
import type { LogStorage } from './storage.js'
import type { StoreImportOptions, StoreOptions } from './store/options.js'
import { Store } from './store/store.js'
import type { ValueEncoding } from './values.js'

/** `Log`, whose address may be left out: `new sdk.Log()` makes a log of a fresh key. */
export type LogClass = new <Encoding extends ValueEncoding = 'binary'>(
  address?: Uint8Array | string | null,
  options?: LogOptions<Encoding>,
) => Log<Encoding>

export interface SDKOptions {
  /**
   * With whose members logs are shared, in each of its joins. One `SDK` at a time.
   * @default none: logs are on this device alone, and on what `replicate` is given
   */
  readonly group?: WebGroup | undefined
  /**
   * Where logs are kept.
   * @default deviceStorage()
   */
  readonly storage?: LogStorage | undefined
}

/** Any two streams of bytes to somebody who calls `replicate` with the other ends: a duplex of a group, a worker's, a socket's. */
export interface LogStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

export interface ReplicateOptions {
  /**
   * Who `peers()` says is there.
   * @default a text of its own
   */
  readonly peerId?: string | undefined
  /** Ends it: the promise resolves. */
  readonly signal?: AbortSignal | undefined
}

let streams = 0

/**
 * Logs of one storage, and with whom they are shared: `new SDK({ group })` gives `Log` whose logs every member of the group gets that has
 * opened the same one. A log is shared while it is open; only who has its key is shown anything of it, whether
 * the members are linked or relayed to each other. `Store` has many logs under one secret. `Hypercore` and `Corestore` are other names
 * of them.
 *
 * @example
 * ```ts
 * const { Log } = new SDK({ group })
 * const log = new Log('skein://log/…', { valueEncoding: 'json' })
 * for await (const entry of log.createReadStream({ live: true })) console.log(entry)
 * ```
 */
export class SDK {
  /** `Log` with this `SDK` as its option `sdk`. */
  readonly Log: LogClass
  readonly Hypercore: LogClass
  /** `Store` with this `SDK` as its option `sdk`. */
  readonly Store: typeof Store
  readonly Corestore: typeof Store
  readonly #home: LogHome

  /** Opens nothing, and speaks to nobody before a log is open. Throws a `TypeError` for bad options. */
  constructor(options: SDKOptions = {}) {
    const { group, vault } = readSdkOptions(options)
    this.#home = new LogHome(vault, group)
    rememberHome(this, this.#home)
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the class below has one of its own
    const sdk = this
    this.Log = class<Encoding extends ValueEncoding = 'binary'> extends Log<Encoding> {
      constructor(address: Uint8Array | string | null = null, logOptions: LogOptions<Encoding> = {}) {
        super(address, { sdk, ...logOptions })
      }
    }
    this.Hypercore = this.Log
    this.Store = class extends Store {
      constructor(address: Uint8Array | string | null = null, storeOptions: StoreOptions = {}) {
        super(address, { sdk, ...storeOptions })
      }

      static override import(text: string, importOptions: StoreImportOptions = {}): Promise<Store> {
        return Store.import(text, { sdk, ...importOptions })
      }
    }
    this.Corestore = this.Store
  }

  /** The logs that other members of the group list now: their URLs. What is listed is known a moment after the first call, or after a log is open. */
  list(): readonly string[] {
    this.#home.begin()
    return this.#home.sharing.listed.theirs().map(({ key }) => urlOf(key))
  }

  /**
   * The URLs of logs that other members list, now and from now on, each once as long as it is listed. Ends when it is left, with the signal's
   * reason when that aborts, and with `closed` after `close()`.
   */
  async *watch(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<string, void> {
    const signal = checkSignal('logs could not be watched', options.signal)
    const { listed } = this.#home.sharing
    const told = new Set<string>()
    for (;;) {
      const now = new Set(this.list())
      // Whoever lists others all the time would have all of them remembered here.
      for (const url of told) if (!now.has(url)) told.delete(url)
      const news = [...now].filter((url) => !told.has(url))
      for (const url of news) {
        told.add(url)
        yield url
      }
      await limited({ signals: [signal], ending: this.#home.ending, timeout: null }, (ended) => {
        return new Promise<void>((resolve) => {
          if (this.list().some((url) => !told.has(url))) return resolve()
          const stop = listed.onChange(resolve)
          ended.addEventListener('abort', stop)
        })
      })
    }
  }

  /**
   * Shares all logs that are or will be open with whoever is at the other end of these streams, until they end; both are taken. Nobody vouches for
   * who that is: see SECURITY.md. Resolves when it is over. Rejects `engine-missing`, and `closed` after `close()`.
   */
  async replicate({ readable, writable }: LogStreams, options: ReplicateOptions = {}): Promise<void> {
    const signal = checkSignal('logs could not be shared', options.signal)
    if (this.#home.ending.reason !== null) throw logClosed()
    if (signal?.aborted) return
    const peerId = options.peerId ?? `stream ${++streams}`
    const link = await this.#home.connect({ readable, writable, peerId, names: null, path: () => 'direct' })
    const end = (): void => link.close()
    signal?.addEventListener('abort', end, { once: true })
    const stopListening = this.#home.ending.onEnd(end)
    if (signal?.aborted) end()
    await link.closed
    stopListening()
    signal?.removeEventListener('abort', end)
  }

  /** Ends all sharing, and closes all logs and stores of this `SDK`. Idempotent. Resolves at once: what is being written is written. */
  close(): void {
    this.#home.close(logClosed())
  }
}
