import { loadSodium, logKeysOf, type Sodium } from '../../crypto/index.js'
import { defaultSeedOf, listSeedOf, signStoreList } from '../../crypto/store.js'
import type { StoreRecord } from '../../protocol/store-record.js'
import { equalBytes } from '../../util/bytes.js'
import { Ending } from '../../util/ending.js'
import { Opening, type Held } from '../../util/opening.js'
import { watch } from '../../util/watch.js'
import type { Address } from '../address.js'
import { storeClosed } from '../failures.js'
import { storeListEntry } from '../layout.js'
import { limited } from '../limited.js'
import { Session, type Opened } from '../session.js'
import { announceList } from './announcing.js'
import { findDefault } from './find-log.js'
import { keepStore, type KeptStore } from './keeping.js'
import { StoreList } from './list.js'
import type { StorePlace } from './options.js'

/** A store as it is open. */
export interface OpenedStore {
  readonly sodium: Sodium
  /** That of its default log. */
  readonly key: Uint8Array
  /** `null` for one of another device. */
  readonly secret: StoreRecord | null
  readonly list: StoreList
  /** Its default log. */
  readonly main: () => Promise<Opened>
}

/** What a store closes with itself. */
interface Closable {
  close(): Promise<void>
}

const ignore = (): void => undefined

/** A store that is opened when it is first used, with its default log and its list, and all that was handed out of it. */
export class StoreSession {
  /** Over when the store is closed. */
  readonly ending = new Ending()
  readonly place: StorePlace
  readonly #handed = new Set<Closable>()
  #address: Address
  /** Under which a default log is made. */
  #encryptionKey: Uint8Array | null = null
  #isUsed = false
  #kept: KeptStore | null = null
  readonly #opening = new Opening(() => this.#begin(), storeClosed)

  constructor(place: StorePlace, address: Address) {
    this.place = place
    this.#address = address
  }

  /** What is known without waiting, also once it is closed; `null` before it is open. */
  get known(): OpenedStore | null {
    return this.#opening.known
  }

  /** Makes it the store of this key. Throws a `RangeError` for one that is or may be another already. */
  become(action: string, key: Uint8Array): void {
    const mine = this.known?.key ?? (this.#address.kind === 'key' ? this.#address.key : null)
    if (mine !== null && equalBytes(mine, key)) return
    if (this.#isUsed || this.#address.kind !== 'new')
      throw new RangeError(`${action}: the store has a default log of its own`)
    this.#address = { kind: 'key', key }
  }

  /** Has a default log that is not made yet made with this key, if that is known before the store is opened. */
  encryptDefault(encryptionKey: Uint8Array | undefined): void {
    if (!this.#isUsed) this.#encryptionKey = encryptionKey?.slice() ?? null
  }

  /** Closes it with the store; what it calls when it was closed before. */
  hand<Log extends Closable>(create: (closed: (log: Closable) => void) => Log): Log {
    const log = create((closed) => this.#handed.delete(closed))
    this.#isUsed = true
    this.#handed.add(log)
    return log
  }

  /** A failure is not kept: the next call tries again. */
  open(): Promise<OpenedStore> {
    this.#isUsed = true
    return this.#opening.open()
  }

  /** Of one call: as long as its signal lets it, and the store is not closed. */
  run<Value>(
    signal: AbortSignal | undefined,
    work: (store: OpenedStore, signal: AbortSignal) => Value | Promise<Value>,
  ): Promise<Value> {
    return watch(ignore, signal, () =>
      limited({ signals: [signal], ending: this.ending, timeout: null }, async (ended) =>
        work(await this.open(), ended),
      ),
    )
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    const closing = this.#opening.close()
    this.ending.end(storeClosed())
    await Promise.all([closing, ...[...this.#handed].map((log) => log.close())])
  }

  async #begin(): Promise<Held<OpenedStore>> {
    const { home } = this.place
    const list = new StoreList(home)
    const parts: Closable[] = [list]
    try {
      // Once, or a failure would leave a new store behind for each attempt.
      this.#kept ??= await keepStore(home.vault, this.#address)
      const { key, secret } = this.#kept
      let main: Session | null = null
      const opened: OpenedStore = {
        sodium: await loadSodium(),
        key,
        secret,
        list,
        main: () => (main === null ? Promise.reject(storeClosed()) : main.open()),
      }
      main = await this.#openDefault(opened, this.#kept)
      parts.push(main)
      const listed = secret === null ? this.#kept.statement?.listKey : null
      if (secret !== null) {
        const { seed, isRestored } = secret
        await list.follow({ kind: 'seed', seed: listSeedOf(opened.sodium, seed), isRestored })
      } else if (listed) await list.follow({ kind: 'key', key: listed })
      const stopListening = home.ending.onEnd(() => void this.close())
      const leave = (): Promise<unknown> => {
        stopListening()
        return Promise.all(parts.map((each) => each.close()))
      }
      return { opened, leave }
    } catch (error) {
      await Promise.all(parts.map((each) => each.close()))
      throw error
    }
  }

  async #openDefault(store: OpenedStore, kept: KeptStore): Promise<Session> {
    const { home } = this.place
    const address = findDefault(store)
    const statement = statementOf(store) ?? kept.statement?.bytes ?? null
    const attach = (opened: Opened): (() => void) =>
      announceList({
        opened,
        statement,
        learnt: (bytes, listKey) => {
          this.#kept = { ...kept, statement: { bytes, listKey } }
          keep(opened, bytes).catch(ignore)
          // Where it cannot be opened now, the next call that needs it says why.
          store.list.follow({ kind: 'key', key: listKey }).catch(ignore)
        },
      })
    // What a log is encrypted under is said by whoever makes it; the store itself reads nothing of it.
    const lease = await home.vault.acquire(address, this.#encryptionKey)
    try {
      const session = new Session({ home, address, isEager: false, encryptionKey: null, attach })
      await session.open()
      return session
    } finally {
      await lease.release()
    }
  }
}

/** LIST of a store of this device; `null` for another's, who alone can sign it. */
const statementOf = ({ sodium, secret }: OpenedStore): Uint8Array | null => {
  if (secret === null) return null
  const [main, list] = [defaultSeedOf, listSeedOf].map((seedOf) => logKeysOf(sodium, seedOf(sodium, secret.seed)))
  return main && list ? signStoreList(sodium, main.secretKey, list.publicKey) : null
}

/** For when nobody is there who would tell it again. */
const keep = async ({ core }: Opened, statement: Uint8Array): Promise<void> => {
  const { storage, logKey } = core.parts
  await storage.write([{ key: storeListEntry(logKey), value: statement }], { durability: 'strict' })
}
