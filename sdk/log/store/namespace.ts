import { platform } from '#platform'
import { MAX_STORE_NAMESPACE } from '../../protocol/limits.js'
import type { StoreLog } from '../../protocol/store-entry.js'
import { encodeBase64url } from '../../util/base64url.js'
import { parseAddress, parseName, urlOf, type SoughtAddress } from '../address.js'
import type { Log } from '../log.js'
import type { ValueEncoding } from '../values.js'
import { findLog, type StoreTarget } from './find-log.js'
import { HandedLog } from './handed-log.js'
import { checkLogOptions, readListOptions, type StoreListOptions, type StoreLogOptions } from './options.js'
import type { StoreSession } from './store-session.js'

/** A log that a store lists. */
export interface StoreEntry {
  /** Within which names it is called so; empty at the top. */
  readonly namespace: readonly string[]
  /** `null` for a log of somebody else's that the store keeps track of. */
  readonly name: string | null
  readonly key: Uint8Array
  /** Its key as a URL. */
  readonly url: string
}

const RANDOM_NAME_BYTES = 16

/** Of whoever asks: what they do with it is no matter to others. */
const shown = ({ namespace, name, key }: StoreLog): StoreEntry =>
  Object.freeze({ namespace: Object.freeze([...namespace]), name, key: key.slice(), url: urlOf(key) })

/** The logs of a store that are called within some names. */
export class StoreNamespace {
  readonly #session: StoreSession
  readonly #path: readonly string[]

  /** Made by `Store`. */
  constructor(session: StoreSession, path: readonly string[]) {
    this.#session = session
    this.#path = path
  }

  /**
   * A log of the store. Nothing is opened yet, and every call of the log waits for what it needs.
   *
   * `null` makes a new one, with a name that is made up. A name is that log of the store, made when it is first used; of somebody
   * else's store the one that its list calls so, for which calls of the log wait as long as they are let. A key or a URL is that log, whoever's,
   * which a store of this device lists from then on.
   *
   * A log of a store of this device is in the list, durably, before any call on it resolves; but for a list that cannot be written to
   * (restored, forked, damaged, or full with 65,536 entries), whose logs are opened all the same. Calls reject with what `Log`'s reject with,
   * and with `log-read-only` for a new log in somebody else's store. Throws a `TypeError` or `RangeError` for bad arguments. To
   * be closed like every log; `close()` of the store closes it too.
   */
  get<Encoding extends ValueEncoding = 'binary'>(
    address: Uint8Array | string | null = null,
    options: StoreLogOptions<Encoding> = {},
  ): Log<Encoding> {
    const action = 'log could not be made'
    const target = targetOf(action, address)
    checkLogOptions(action, options)
    const sought: SoughtAddress = {
      kind: 'sought',
      find: (signal) => this.#session.run(signal, (store, ended) => findLog(store, this.#path, target, ended)),
    }
    const { logOptions } = this.#session.place
    return this.#session.hand((closed) => new HandedLog<Encoding>(sought, { ...options, ...logOptions }, closed))
  }

  /**
   * The logs within these names, and within names in them, that are known here now; in the order in which they were listed. Frozen. Of somebody
   * else's store nothing is known before a peer of its default log has told which log its list is.
   *
   * Rejects with what `Store.ready` rejects with, and with the signal's reason.
   */
  async list(options: StoreListOptions = {}): Promise<readonly StoreEntry[]> {
    const signal = readListOptions('logs could not be listed', options)
    return this.#session.run(signal, async ({ list }) => {
      await list.ready()
      return Object.freeze(
        list
          .entries()
          .filter((log) => this.#has(log))
          .map(shown),
      )
    })
  }

  /**
   * The logs that `list()` gives, and then each that becomes known. Ends when it is left; rejects as `list()` does, and `closed` when the
   * store is closed.
   */
  watch(options: StoreListOptions = {}): AsyncGenerator<StoreEntry, void> {
    return this.#watch(readListOptions('logs could not be watched', options))
  }

  /** The logs that are called within one more name: the same name in another namespace is another log. At most 8 within each other. */
  namespace(name: string): StoreNamespace {
    const action = 'namespace could not be made'
    const path = [...this.#path, parseName(action, name)]
    if (path.length <= MAX_STORE_NAMESPACE) return new StoreNamespace(this.#session, path)
    throw new RangeError(`${action}: it is within ${MAX_STORE_NAMESPACE} others`)
  }

  async *#watch(signal: AbortSignal | undefined): AsyncGenerator<StoreEntry, void> {
    const list = await this.#session.run(signal, async (store) => {
      await store.list.ready()
      return store.list
    })
    for (let next = 0; ;) {
      for (let placed = list.arrived[next]; placed !== undefined; placed = list.arrived[++next]) {
        if (this.#has(placed.log)) yield shown(placed.log)
      }
      const more = (): true | null => (list.arrived.length > next ? true : null)
      await this.#session.run(signal, (_store, ended) => list.until(more, ended))
    }
  }

  #has({ namespace }: StoreLog): boolean {
    return this.#path.every((name, at) => namespace[at] === name)
  }
}

const targetOf = (action: string, value: unknown): StoreTarget => {
  const address = parseAddress(action, value)
  if (address.kind === 'key') return address
  if (address.kind === 'name') return { ...address, isFresh: false }
  return { kind: 'name', name: encodeBase64url(platform.randomBytes(RANDOM_NAME_BYTES)), isFresh: true }
}
