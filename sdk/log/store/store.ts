import { callBack, splitCallback, type Callback } from '../../util/callback.js'
import { parseAddress, parseStoreAddress, storeUrlOf, type SoughtAddress } from '../address.js'
import { storeReadOnly } from '../failures.js'
import type { Log } from '../log.js'
import { checkSignal, readRecoverOptions, type ReadyOptions, type RecoverOptions } from '../options.js'
import { recover } from '../recover.js'
import type { ValueEncoding } from '../values.js'
import { findDefault } from './find-log.js'
import { HandedLog } from './handed-log.js'
import { keepRestored } from './keeping.js'
import { StoreNamespace } from './namespace.js'
import {
  checkExport,
  checkLogOptions,
  checkPassphrase,
  readImportOptions,
  readStoreOptions,
  type StoreImportOptions,
  type StoreImportSettings,
  type StoreLogOptions,
  type StoreOptions,
} from './options.js'
import { phraseOfSeed, seedIn, textOfSeed } from './secrets.js'
import { StoreSession } from './store-session.js'

/**
 * Many logs under one secret: all that follow from it come back with it, and whoever has the key of the store finds them by their names. The
 * store's key is that of its default log. Which logs it has is in a list, a log too, which the peers of the default log tell each
 * other of.
 *
 * It is opened by the first call that needs it. While it is open its default log and its list are shared, as are the logs that were
 * got of it and are open. `Corestore` is another name of it on an `SDK`.
 *
 * @example
 * ```ts
 * const store = new Store('notes')
 * const today = store.namespace('diary').get('today', { valueEncoding: 'json' })
 * await today.append({ said: 'hello' })
 * console.log(await store.list(), await store.recoveryPhrase())
 * await store.close()
 * ```
 */
export class Store extends StoreNamespace {
  readonly #session: StoreSession

  /**
   * `null` makes a fresh one; a text names one of this device, made when there is none; a key of 32 bytes or a URL (`skein://store/…`, or
   * that of its default log) is a store that this device may have made, or of another one. Nothing is read or made yet.
   *
   * Throws a `TypeError` or `RangeError` for what is none of these, as `Log` does, and for bad options.
   */
  constructor(address: Uint8Array | string | null = null, options: StoreOptions = {}) {
    const action = 'store could not be made'
    const parsed = parseStoreAddress(action, address)
    const session = new StoreSession(readStoreOptions(action, options), parsed)
    super(session, [])
    this.#session = session
  }

  /**
   * The store in a text that `export()` gave, or of the words of `recoveryPhrase()`, which is kept on this device from then on.
   * Resolves when it is, durably. It counts as restored, as another device may have gone on writing: its logs are not written to before they are
   * recovered. One that this device has already stays as it is.
   *
   * Rejects with a `RangeError` for a text that is damaged, cut off or none, which no error quotes, and where another store has the
   * name; with `passphrase-wrong` when it is sealed and `passphrase` is another or missing; and with `engine-missing`, `storage-failed`,
   * `storage-full`. Throws a `TypeError` or `RangeError` for bad arguments.
   */
  static import(text: string, options: StoreImportOptions = {}): Promise<Store> {
    const action = 'store could not be imported'
    const checked = checkExport(action, text)
    return Store.#import(action, checked, readImportOptions(action, options))
  }

  static async #import(action: string, text: string, settings: StoreImportSettings): Promise<Store> {
    const { home, passphrase, name, logOptions } = settings
    const seed = await seedIn(action, text, passphrase)
    return new Store(await keepRestored(home.vault, action, seed, name), logOptions)
  }

  /** That of its default log: 32 bytes, a copy; `null` before it is open. Whoever has it can read all logs that the store lists. */
  get key(): Uint8Array | null {
    return this.#session.known?.key.slice() ?? null
  }

  /** Its key as a URL; empty before it is open. */
  get url(): string {
    const { known } = this.#session
    return known === null ? '' : storeUrlOf(known.key)
  }

  /** Whether this device has its secret; `false` before it is open. */
  get writable(): boolean {
    return (this.#session.known?.secret ?? null) !== null
  }

  /**
   * Resolves when the store is open: its key is known, and its default log and its list are shared. Every other call waits for that by
   * itself. Rejects as `Log.ready` does. A later call tries again.
   */
  ready(options?: ReadyOptions | Callback<void>, callback?: Callback<void>): Promise<void> {
    const call = splitCallback(options, callback)
    const signal = checkSignal('store could not be opened', call.options?.signal)
    const opened = this.#session.run(signal, () => undefined)
    return callBack(opened, call.callback, () => undefined)
  }

  /**
   * The default log, whose key is the store's: an ordinary log, for the application. With `listed` all members of the group are told its
   * key. One that is to be encrypted is asked for with `encryptionKey` before anything else of the store, when that is made.
   *
   * With the key or the URL of a log it makes this the store whose default log is that. Throws a `RangeError` then for a store of which
   * something was opened, or that was made with an address, unless it has this key; and a `TypeError` or `RangeError` for bad arguments.
   */
  default<Encoding extends ValueEncoding = 'binary'>(
    address: Uint8Array | string | null = null,
    options: StoreLogOptions<Encoding> = {},
  ): Log<Encoding> {
    const action = 'default log could not be made'
    const parsed = parseAddress(action, address)
    if (parsed.kind === 'name') throw new RangeError(`${action}: it takes null, a key or a URL, and no name`)
    checkLogOptions(action, options)
    const { place } = this.#session
    const sought: SoughtAddress = {
      kind: 'sought',
      find: (signal) => this.#session.run(signal, findDefault),
    }
    const create = (closed: (log: { close(): Promise<void> }) => void) => {
      const log = new HandedLog<Encoding>(sought, { ...options, ...place.logOptions }, closed)
      if (parsed.kind === 'key') this.#session.become(action, parsed.key)
      this.#session.encryptDefault(options.encryptionKey)
      return log
    }
    return this.#session.hand(create)
  }

  /**
   * A text of one line that `Store.import()` takes, on any device. Without a passphrase whoever reads it has the store. With one, each try to
   * guess it costs a third of a second of work and 64 MiB (scrypt). It has the secret of the store, and nothing of what is in its
   * logs: that has to come from others.
   *
   * Rejects `log-read-only` for a store of another device, `engine-missing`, and with what `ready` rejects with. Throws a `TypeError` or
   * `RangeError` for a passphrase that is no text, empty, or longer than 512 characters.
   */
  export(passphrase?: string): Promise<string> {
    const action = 'store could not be exported'
    const checked = checkPassphrase(action, passphrase)
    return this.#withSeed(action, (seed) => textOfSeed(action, seed, checked))
  }

  /** The same secret as 24 English words (BIP39), for paper: nothing seals them. Rejects as `export()` does. */
  recoveryPhrase(): Promise<string> {
    const action = 'recovery phrase could not be made'
    return this.#withSeed(action, (seed) => phraseOfSeed(action, seed))
  }

  /**
   * Makes a store that was imported one to write to: recovers its list and its default log, as `Log.recover` does, from a peer that has them. Each
   * other log that was there before is recovered by itself, when it is used; new ones need it not. With `alone` it waits for nobody: for a store of
   * which no other device has anything.
   *
   * Rejects `log-read-only` for a store of another device, `log-forked`, with the signal's reason, `closed`, and what `ready` rejects with.
   */
  recover(options: RecoverOptions = {}): Promise<void> {
    const action = 'store could not be recovered'
    const { signal, alone } = readRecoverOptions(action, options)
    return this.#session.run(signal, async (store, ended) => {
      const list = await store.list.opened()
      if (store.secret === null || list === null) throw storeReadOnly(action)
      await recover(list, alone, ended)
      await recover(await store.main(), alone, ended)
    })
  }

  /**
   * Closes all logs that were got of the store, and what is open of it. Resolves when nothing is; calls reject `closed` from then on.
   * Idempotent; never rejects. `SDK.close` closes its stores too.
   */
  close(): Promise<void> {
    return this.#session.close()
  }

  #withSeed(action: string, work: (seed: Uint8Array) => Promise<string>): Promise<string> {
    return this.#session.run(undefined, ({ secret }) => {
      if (secret === null) throw storeReadOnly(action)
      return work(secret.seed)
    })
  }
}
