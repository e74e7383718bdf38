import * as fake from 'fake-indexeddb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadSecrets } from '../../sdk/platform/secrets.browser.js'
import type { SecretStore } from '../../sdk/platform/platform.js'
import { describeSecrets } from './secrets.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

const load = async (): Promise<SecretStore> => {
  const store = await loadSecrets()
  if (store === null) throw new Error('nothing to keep secrets in')
  return store
}

/** The real one is used by tests/browser/identity.test.ts. */
const stubIndexedDB = (): IDBFactory => {
  for (const [name, value] of Object.entries(fake)) vi.stubGlobal(name, value)
  const factory = new fake.IDBFactory()
  vi.stubGlobal('indexedDB', factory)
  return factory
}

describeSecrets('IndexedDB', () => {
  stubIndexedDB()
  return Promise.resolve(load)
})

describe('secrets in IndexedDB', () => {
  it('leave no trace before the first is added', async () => {
    const factory = stubIndexedDB()
    const store = await load()
    expect([await store.get('identities', 'ada'), await store.all('verified')]).toEqual([null, []])
    expect(await factory.databases()).toEqual([])
  })

  it('are found where the browser does not tell of its databases', async () => {
    const factory = stubIndexedDB()
    Object.assign(factory, { databases: undefined })
    const store = await load()
    expect(await store.get('identities', 'ada')).toBeNull()
    await store.add('identities', 'ada', 'one')
    expect(await store.get('identities', 'ada')).toBe('one')
  })

  it('are none where there is no IndexedDB, or it may not be used', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await loadSecrets()).toBeNull()
    vi.stubGlobal('indexedDB', {
      databases: () => Promise.reject(new DOMException('not here', 'SecurityError')),
    })
    expect(await loadSecrets()).toBeNull()
  })

  it('are opened once more, and not oftener, when the browser has closed the connection', async () => {
    const factory = stubIndexedDB()
    const store = await load()
    await store.add('identities', 'ada', 'one')
    const open = vi.spyOn(factory, 'open')
    const closed = new DOMException('the connection is closing', 'InvalidStateError')
    const transaction = vi.spyOn(fake.IDBDatabase.prototype, 'transaction')
    transaction.mockImplementationOnce(() => {
      throw closed
    })
    expect(await store.get('identities', 'ada')).toBe('one')
    expect(open).toHaveBeenCalledTimes(2)
    transaction.mockImplementation(() => {
      throw closed
    })
    await expect(store.get('identities', 'ada')).rejects.toBe(closed)
    expect(open).toHaveBeenCalledTimes(4)
    transaction.mockRestore()
  })

  it('refuse a record that is no text', async () => {
    const factory = stubIndexedDB()
    const store = await load()
    await store.add('identities', 'bob', 'one')
    await new Promise<void>((resolve) => {
      factory.open('skein-secrets').onsuccess = ({ target }) => {
        const db = (target as IDBOpenDBRequest).result
        const transaction = db.transaction('identities', 'readwrite')
        transaction.objectStore('identities').put(7, 'ada')
        transaction.oncomplete = () => {
          db.close()
          resolve()
        }
      }
    })
    await expect(store.get('identities', 'ada')).rejects.toThrow(TypeError)
    await expect(store.add('identities', 'ada', 'one')).rejects.toThrow(TypeError)
  })
})
