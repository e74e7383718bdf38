import { logKeysOf } from '../../crypto/index.js'
import { defaultSeedOf, namedSeedOf } from '../../crypto/store.js'
import { SkeinError } from '../../errors.js'
import { equalBytes } from '../../util/bytes.js'
import type { LogAddress } from '../address.js'
import type { OpenedStore } from './store-session.js'

/** Which of a store's logs. */
export type StoreTarget =
  | { readonly kind: 'key'; readonly key: Uint8Array }
  | {
      readonly kind: 'name'
      readonly name: string
      /** Made up for a new log, so that nobody has written to it. */
      readonly isFresh: boolean
    }

/** Where a store's default log is. */
export const findDefault = ({ sodium, key, secret }: OpenedStore): LogAddress =>
  secret === null
    ? { kind: 'key', key }
    : { kind: 'seed', seed: defaultSeedOf(sodium, secret.seed), isRestored: secret.isRestored }

/**
 * Where a log of a store is, which is in the list then if the store is this device's. Of others' stores one of a name is waited for until
 * the list has it. Rejects as the list does, and `log-read-only` for a new one of somebody else's store.
 */
export const findLog = async (
  store: OpenedStore,
  namespace: readonly string[],
  target: StoreTarget,
  signal: AbortSignal,
): Promise<LogAddress> => {
  if (target.kind === 'key') return findKey(store, namespace, target.key)
  const { secret, list } = store
  const { name, isFresh } = target
  if (secret !== null) {
    const { publicKey, address } = derive(store, secret, namespace, name)
    await list.ready()
    // Of a list that is recovered, and was not full, all names are known that others may have written under.
    const isNew = isFresh || (list.hasAllNames && list.named(namespace, name) === null)
    await list.record({ namespace, name, key: publicKey })
    return isNew ? { ...address, isRestored: false } : address
  }
  if (isFresh) throw new SkeinError('log-read-only', 'log could not be made: the writer of its store is another device')
  await list.ready()
  const { key } = await list.until(() => list.named(namespace, name), signal)
  return { kind: 'key', key }
}

const findKey = async (store: OpenedStore, namespace: readonly string[], key: Uint8Array): Promise<LogAddress> => {
  const { secret, list } = store
  if (secret === null) return { kind: 'key', key }
  if (equalBytes(key, store.key)) return findDefault(store)
  const entry = list.derived(key)
  if (entry !== null && entry.name !== null) {
    const { publicKey, address } = derive(store, secret, entry.namespace, entry.name)
    if (equalBytes(publicKey, key)) return address
  }
  await list.record({ namespace, name: null, key })
  return { kind: 'key', key }
}

const derive = (
  { sodium }: OpenedStore,
  { seed, isRestored }: NonNullable<OpenedStore['secret']>,
  namespace: readonly string[],
  name: string,
): { readonly publicKey: Uint8Array; readonly address: Extract<LogAddress, { kind: 'seed' }> } => {
  const own = namedSeedOf(sodium, seed, namespace, name)
  return { publicKey: logKeysOf(sodium, own).publicKey, address: { kind: 'seed', seed: own, isRestored } }
}
