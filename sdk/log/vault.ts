import { createTreeHash, loadSodium, logKeysOf, logLockOf, type Sodium } from '../crypto/index.js'
import { SkeinError } from '../errors.js'
import type { BlockStorage, StorageChange } from '../platform/block-storage.js'
import type { LogWriter } from '../protocol/log-writer.js'
import { encodeBase64url } from '../util/base64url.js'
import { equalBytes } from '../util/bytes.js'
import { Ending } from '../util/ending.js'
import type { LogAddress } from './address.js'
import { Core } from './core.js'
import { damaged } from './failures.js'
import { nameEntry, writerEntry } from './layout.js'
import { Serial } from './serial.js'
import { readWriter, storedWriter, type WriterKeys } from './writer.js'

/** A log that somebody has open. */
export interface Lease {
  readonly core: Core
  /** Over when what it is kept in is gone, with why. */
  readonly lost: Ending
  /** Closes the log after the last of its leases, and what it is kept in after the last of all. Never rejects; called once. */
  release(): Promise<void>
}

interface Shared {
  readonly core: Core
  leases: number
}

export interface VaultParts {
  readonly open: () => Promise<BlockStorage>
  readonly random: (size: number) => Uint8Array
}

type Stage =
  | { readonly name: 'closed' }
  | {
      readonly name: 'open'
      readonly storage: BlockStorage
      readonly cores: Map<string, Shared>
      readonly lost: Ending
    }

/** The logs of one storage. It is open as long as one of them is. */
export class Vault {
  readonly #parts: VaultParts
  /** Opening and closing, one after the other: a log is never opened twice at once. */
  readonly #turns = new Serial()
  #stage: Stage = { name: 'closed' }

  constructor(parts: VaultParts) {
    this.#parts = parts
  }

  /**
   * Opens a log, and makes it where the address is a new one or a name that is none yet; `encryptionKey` is what a log that is made is
   * encrypted under. Rejects `engine-missing`, `log-damaged`, and with what the storage rejects with.
   */
  acquire(address: LogAddress, encryptionKey: Uint8Array | null): Promise<Lease> {
    return this.#turns.run(async () => {
      const sodium = await load()
      const { storage, cores, lost } = await this.#open()
      try {
        const logKey = await this.#resolve(sodium, storage, address, encryptionKey)
        const id = encodeBase64url(logKey)
        const shared = cores.get(id) ?? {
          core: await openCore(sodium, storage, logKey, address.kind === 'name'),
          leases: 0,
        }
        cores.set(id, shared)
        shared.leases++
        return { core: shared.core, lost, release: () => this.#turns.run(() => this.#release(id, shared)) }
      } catch (error) {
        await this.#closeIfIdle()
        throw error
      }
    })
  }

  /** Does something with what is kept, alone among whatever opens and closes here. Rejects as `acquire` does, and as `work` does. */
  use<Value>(work: (storage: BlockStorage, sodium: Sodium) => Promise<Value>): Promise<Value> {
    return this.#turns.run(async () => {
      const sodium = await load()
      const { storage } = await this.#open()
      try {
        return await work(storage, sodium)
      } finally {
        await this.#closeIfIdle()
      }
    })
  }

  async #open(): Promise<Extract<Stage, { name: 'open' }>> {
    if (this.#stage.name === 'open') return this.#stage
    const storage = await this.#parts.open()
    const lost = new Ending()
    // One listener for all logs: Node takes many on one signal for a leak.
    if (storage.lost.aborted) lost.end(storage.lost.reason as Error)
    else storage.lost.addEventListener('abort', () => lost.end(storage.lost.reason as Error), { once: true })
    const stage = { name: 'open' as const, storage, cores: new Map<string, Shared>(), lost }
    this.#stage = stage
    return stage
  }

  async #release(id: string, shared: Shared): Promise<void> {
    shared.leases--
    if (shared.leases > 0 || this.#stage.name !== 'open') return
    await shared.core.close()
    this.#stage.cores.delete(id)
    await this.#closeIfIdle()
  }

  async #closeIfIdle(): Promise<void> {
    if (this.#stage.name !== 'open' || this.#stage.cores.size > 0) return
    const { storage } = this.#stage
    this.#stage = { name: 'closed' }
    await storage.close()
  }

  async #resolve(
    sodium: Sodium,
    storage: BlockStorage,
    address: LogAddress,
    encryptionKey: Uint8Array | null,
  ): Promise<Uint8Array> {
    if (address.kind === 'key') return address.key
    if (address.kind === 'seed') return keepWriter(sodium, storage, address, encryptionKey)
    const name = address.kind === 'name' ? nameEntry(address.name) : null
    const known = name === null ? null : await storage.get(name)
    if (known !== null) return known
    const made = { seed: this.#parts.random(32), isRestored: false }
    const { publicKey, change } = writerOf(sodium, made, encryptionKey)
    const changes = [change]
    if (name !== null) changes.push({ key: name, value: publicKey })
    const expect = name === null ? [] : [{ key: name, value: null }]
    const isWritten = await storage.write(changes, { durability: 'strict', expect })
    // Another page or process was faster to make one of this name.
    return isWritten || name === null ? publicKey : ((await storage.get(name)) ?? publicKey)
  }
}

const load = (): Promise<Sodium> =>
  loadSodium().catch((cause: unknown) => {
    throw new SkeinError('engine-missing', 'log could not be opened: the cryptography could not be loaded', { cause })
  })

/** What makes this device the writer of a log: the one place that says so. */
const writerOf = (
  sodium: Sodium,
  { seed, isRestored }: { readonly seed: Uint8Array; readonly isRestored: boolean },
  encryptionKey: Uint8Array | null,
): { readonly publicKey: Uint8Array; readonly change: StorageChange } => {
  const keys = logKeysOf(sodium, seed)
  const { publicKey } = keys
  const lock = encryptionKey === null ? null : logLockOf(sodium, encryptionKey, publicKey)
  return { publicKey, change: storedWriter(publicKey, { keys, lock }, isRestored) }
}

/** What is there stays: the log may have been made on this device before, or have been recovered since. */
const keepWriter = async (
  sodium: Sodium,
  storage: BlockStorage,
  address: Extract<LogAddress, { kind: 'seed' }>,
  encryptionKey: Uint8Array | null,
): Promise<Uint8Array> => {
  const { publicKey, change } = writerOf(sodium, address, encryptionKey)
  if ((await storage.get(change.key)) === null)
    await storage.write([change], { durability: 'strict', expect: [{ key: change.key, value: null }] })
  return publicKey
}

const openCore = async (sodium: Sodium, storage: BlockStorage, logKey: Uint8Array, isNamed: boolean): Promise<Core> => {
  const bytes = await storage.get(writerEntry(logKey))
  // What has a name on this device was made here.
  if (isNamed && bytes === null) throw damaged('its name does not lead to it')
  const writer = bytes === null ? null : keysIn(sodium, readWriter(bytes))
  // Signed by another one, its next head would be the last that it has.
  if (writer !== null && !equalBytes(writer.keys.publicKey, logKey)) throw damaged('its secret is another one')
  return Core.open({ storage, sodium, hash: createTreeHash(sodium), logKey, writer })
}

const keysIn = (sodium: Sodium, { seed, lock }: LogWriter): WriterKeys => ({ keys: logKeysOf(sodium, seed), lock })
