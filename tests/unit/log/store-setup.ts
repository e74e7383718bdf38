import { onTestFinished } from 'vitest'
import { memoryStorage, SDK, Store, type Log, type StoreNamespace, type StoreOptions } from '../../../sdk/log/index.js'

export const createStore = (address: Uint8Array | string | null = null, options: StoreOptions = {}): Store => {
  const store = new Store(address, 'sdk' in options ? options : { storage: memoryStorage(), ...options })
  onTestFinished(() => store.close())
  return store
}

export const createSdk = (storage = memoryStorage()): SDK => {
  const sdk = new SDK({ storage })
  onTestFinished(() => sdk.close())
  return sdk
}

const pipe = (): TransformStream<Uint8Array, Uint8Array> => new TransformStream<Uint8Array, Uint8Array>()

/** Shares the logs of two devices; the result ends that. */
export const connect = (one: SDK, other: SDK): (() => void) => {
  const [there, back] = [pipe(), pipe()]
  const controller = new AbortController()
  const { signal } = controller
  void one.replicate({ readable: back.readable, writable: there.writable }, { signal })
  void other.replicate({ readable: there.readable, writable: back.writable }, { signal })
  return () => controller.abort()
}

export const textLog = (store: Store | StoreNamespace, address: Uint8Array | string | null = null): Log<'utf-8'> =>
  store.get(address, { valueEncoding: 'utf-8' })

export const named = async (store: Store | StoreNamespace): Promise<(string | null)[]> =>
  (await store.list()).map(({ namespace, name }) => (name === null ? null : [...namespace, name].join('/')))
