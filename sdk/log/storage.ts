import { platform } from '#platform'
import type { BlockStorage } from '../platform/block-storage.js'
import { MemoryPlace } from '../platform/block-storage.memory.js'
import { Vault } from './vault.js'

/** Where logs are kept. Made by `deviceStorage` or `memoryStorage`; it is open as long as one of its logs is. */
export interface LogStorage {
  /** What `deviceStorage` was given, or `null`. */
  readonly place: string | null
}

const vaults = new WeakMap<object, Vault>()
const onDevice = new Map<string | null, LogStorage>()

/** For parts of this library alone: of whatever `open` opens. */
export const createStorage = (place: string | null, open: () => Promise<BlockStorage>): LogStorage => {
  const storage: LogStorage = Object.freeze({ place })
  vaults.set(storage, new Vault({ open, random: (size) => platform.randomBytes(size) }))
  return storage
}

/**
 * Keeps logs on this device: in a browser in an IndexedDB database of this name, for all pages of this origin; in Node in an LMDB
 * database in this folder, which is made when it is not there. Without `place` the database is `skein-logs`, and the folder
 * `logs` below `SKEIN_HOME` or `~/.skein`. The same place gives the same storage.
 *
 * Browsers drop what pages keep when the device is full or the user asks for it, in private windows when they are closed, and Safari after
 * seven days in which nobody came: there a log is a cache unless others have it too.
 */
export const deviceStorage = (place?: string): LogStorage => {
  if (place !== undefined && (typeof place !== 'string' || place === '')) {
    throw new TypeError('storage could not be made: place must be a text that is not empty')
  }
  const key = place ?? null
  const known = onDevice.get(key) ?? createStorage(key, async () => (await import('#blocks')).openBlocks(place))
  onDevice.set(key, known)
  return known
}

/** Keeps logs as long as the page or process lives, each time apart from all others. */
export const memoryStorage = (): LogStorage => {
  const place = new MemoryPlace()
  return createStorage(null, () => Promise.resolve(place.open()))
}

/** For parts of this library alone. Throws a `TypeError` for what is no `LogStorage` of this copy of it. */
export const vaultOf = (storage: unknown): Vault => {
  const vault = vaults.get(storage as object)
  if (vault === undefined)
    throw new TypeError('log could not be made: storage must come from deviceStorage() or memoryStorage()')
  return vault
}
