import { platform } from '#platform'
import { logKeysOf, type Sodium } from '../../crypto/index.js'
import { defaultSeedOf, verifyStoreList } from '../../crypto/store.js'
import type { BlockStorage, StorageChange } from '../../platform/block-storage.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeStoreRecord, encodeStoreRecord, type StoreRecord } from '../../protocol/store-record.js'
import { equalBytes } from '../../util/bytes.js'
import type { Address } from '../address.js'
import { damaged } from '../failures.js'
import { storeEntry, storeListEntry, storeNameEntry } from '../layout.js'
import type { Vault } from '../vault.js'

/** A store as it is kept. */
export interface KeptStore {
  readonly key: Uint8Array
  /** `null` for one of another device. */
  readonly secret: StoreRecord | null
  /** What its default log says of its list, where this device was told. Of its own stores it needs none. */
  readonly statement: { readonly bytes: Uint8Array; readonly listKey: Uint8Array } | null
}

const SEED_BYTES = 32

const keyOf = (sodium: Sodium, seed: Uint8Array): Uint8Array => logKeysOf(sodium, defaultSeedOf(sodium, seed)).publicKey

/** What is kept of a store, which is made where the address is a new one or a name that is none yet. Rejects as `Vault.use` does, and `log-damaged`. */
export const keepStore = (vault: Vault, address: Address): Promise<KeptStore> =>
  vault.use(async (storage, sodium) => {
    const key = address.kind === 'key' ? address.key : await keyFor(storage, sodium, address)
    const [record, statement] = await Promise.all([storage.get(storeEntry(key)), storage.get(storeListEntry(key))])
    const listKey = statement === null ? null : verifyStoreList(sodium, key, statement)
    return {
      key,
      secret: record === null ? null : read(record),
      statement: statement === null || listKey === null ? null : { bytes: statement, listKey },
    }
  })

const keyFor = async (
  storage: BlockStorage,
  sodium: Sodium,
  address: Exclude<Address, { kind: 'key' }>,
): Promise<Uint8Array> => {
  const name = address.kind === 'name' ? storeNameEntry(address.name) : null
  const known = name === null ? null : await storage.get(name)
  if (known !== null) return known
  const seed = platform.randomBytes(SEED_BYTES)
  const key = keyOf(sodium, seed)
  const changes: StorageChange[] = [{ key: storeEntry(key), value: encodeStoreRecord({ seed, isRestored: false }) }]
  if (name !== null) changes.push({ key: name, value: key })
  const expect = name === null ? [] : [{ key: name, value: null }]
  const isWritten = await storage.write(changes, { durability: 'strict', expect })
  // Another page or process was faster to make one of this name.
  return isWritten || name === null ? key : ((await storage.get(name)) ?? key)
}

/**
 * Keeps the seed of a store that came out of an export, and gives its key. One that this device has already stays as it is. Rejects as
 * `Vault.use` does, and with a `RangeError` where another store has the name.
 */
export const keepRestored = (
  vault: Vault,
  action: string,
  seed: Uint8Array,
  name: string | null,
): Promise<Uint8Array> =>
  vault.use(async (storage, sodium) => {
    const key = keyOf(sodium, seed)
    // Again only where another page or process has written one of these.
    for (;;) {
      const called = name === null ? null : await storage.get(storeNameEntry(name))
      if (called !== null && !equalBytes(called, key))
        throw new RangeError(`${action}: this device has another store of the name "${name}"`)
      const changes: StorageChange[] = []
      if ((await storage.get(storeEntry(key))) === null)
        changes.push({ key: storeEntry(key), value: encodeStoreRecord({ seed, isRestored: true }) })
      if (name !== null && called === null) changes.push({ key: storeNameEntry(name), value: key })
      const last = changes.at(-1)
      if (last === undefined) return key
      if (await storage.write(changes, { durability: 'strict', expect: [{ key: last.key, value: null }] })) return key
    }
  })

const read = (bytes: Uint8Array): StoreRecord => {
  try {
    return decodeStoreRecord(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw damaged('the secret of its store cannot be read', error)
  }
}
