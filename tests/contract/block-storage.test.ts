import * as fake from 'fake-indexeddb'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryPlace } from '../../sdk/platform/block-storage.memory.js'
import { openBlocks as openDatabase } from '../../sdk/platform/block-storage.browser.js'
import { openBlocks as openFolder } from '../../sdk/platform/block-storage.node.js'
import { storageCases, type StoragePlace } from './block-storage.js'

const strict = { durability: 'strict' } as const
const change = { key: Uint8Array.of(1), value: new Uint8Array(100) }
const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const memory = (): Promise<StoragePlace> => {
  const place = new MemoryPlace()
  const destroy = (): Promise<void> => {
    place.destroy()
    return Promise.resolve()
  }
  return Promise.resolve({ open: () => Promise.resolve(place.open()), destroy })
}

const lmdb = async (): Promise<StoragePlace & { readonly folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-blocks-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  onTestFinished(remove)
  return { folder, open: () => openFolder(folder), destroy: remove }
}

/** The real one is used by tests/browser/block-storage.test.ts. */
const indexedDb = (): Promise<StoragePlace> => {
  for (const [name, value] of Object.entries(fake)) vi.stubGlobal(name, value)
  const factory = new fake.IDBFactory()
  vi.stubGlobal('indexedDB', factory)
  return Promise.resolve({
    open: () => openDatabase(),
    destroy: () =>
      new Promise((resolve, reject) => {
        const request = factory.deleteDatabase('skein-logs')
        request.onsuccess = () => resolve()
        request.onerror = () => reject(new Error('it cannot be deleted'))
      }),
  })
}

const places: readonly (readonly [name: string, create: () => Promise<StoragePlace>])[] = [
  ['memory', memory],
  ['LMDB', lmdb],
  ['an IndexedDB that is not real', indexedDb],
]

describe.each(places)('storage of blocks in %s', (_name, create) => {
  it.each(storageCases)('$name', async ({ run }) => {
    await run(await create())
  })
})

describe('storage of blocks in memory', () => {
  it('is full when it is told to be, and takes nothing of what does not fit', async () => {
    const place = new MemoryPlace(250)
    const storage = place.open()
    await storage.write([change], strict)
    const more = { ...change, key: Uint8Array.of(2) }
    await expect(storage.write([more, { ...change, key: Uint8Array.of(3) }], strict)).rejects.toEqual(
      code('storage-full'),
    )
    expect(place.bytes).toBe(101)
    await storage.write([{ ...change, value: null }, more], strict)
    expect(place.bytes).toBe(101)
  })
})

describe('storage of blocks in LMDB', () => {
  it('cannot be opened where a file is in the way', async () => {
    const { folder } = await lmdb()
    await writeFile(join(folder, 'taken'), '')
    await expect(openFolder(join(folder, 'taken'))).rejects.toEqual(code('storage-failed'))
  })
})

describe('storage of blocks in IndexedDB', () => {
  it('is opened once more for all that find its connection closed', async () => {
    const { open } = await indexedDb()
    const storage = await open()
    await storage.write([change], strict)
    const opening = vi.spyOn(indexedDB, 'open')
    const transaction = vi.spyOn(fake.IDBDatabase.prototype, 'transaction')
    const closed = (): never => {
      throw new DOMException('the connection is closing', 'InvalidStateError')
    }
    transaction.mockImplementationOnce(closed).mockImplementationOnce(closed)
    const values = await Promise.all([storage.get(change.key), storage.get(change.key)])
    expect(values).toEqual([change.value, change.value])
    expect(opening).toHaveBeenCalledTimes(1)
    transaction.mockImplementation(closed)
    await expect(storage.get(change.key)).rejects.toEqual(code('storage-failed'))
    expect(opening).toHaveBeenCalledTimes(2)
    transaction.mockRestore()
    await storage.close()
  })

  it('is lost when it was deleted while its connection was closed', async () => {
    const { open, destroy } = await indexedDb()
    const storage = await open()
    await storage.write([change], strict)
    vi.spyOn(fake.IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('the connection is closing', 'InvalidStateError')
    })
    const dispatch = vi.spyOn(fake.IDBDatabase.prototype, 'dispatchEvent').mockImplementation(() => true)
    vi.stubGlobal('indexedDB', new fake.IDBFactory())
    await expect(storage.write([change], strict)).rejects.toEqual(code('storage-lost'))
    expect(storage.lost.aborted).toBe(true)
    dispatch.mockRestore()
    await storage.close()
    await destroy()
  })

  it('tells that the device is full when a request or the commit says so', async () => {
    const { open } = await indexedDb()
    const storage = await open()
    const put = vi.spyOn(fake.IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await expect(storage.write([change], strict)).rejects.toEqual(code('storage-full'))
    put.mockRestore()
    expect(await storage.get(change.key)).toBeNull()
    await storage.close()
  })

  it('is given up after 5 s while an older page holds on to it', async () => {
    const { open } = await indexedDb()
    const held = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('skein-logs', 1)
      request.onsuccess = () => resolve(request.result)
    })
    indexedDB.deleteDatabase('skein-logs')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const opening = open()
    const refused = expect(opening).rejects.toEqual(code('storage-blocked'))
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    await vi.advanceTimersByTimeAsync(5_000)
    await refused
    held.close()
  })

  it('cannot be opened where there is none, or a newer one', async () => {
    await indexedDb()
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('skein-logs', 2)
      request.onsuccess = () => {
        request.result.close()
        resolve()
      }
    })
    await expect(openDatabase()).rejects.toEqual(code('storage-failed'))
    vi.stubGlobal('indexedDB', undefined)
    await expect(openDatabase()).rejects.toEqual(code('storage-failed'))
  })
})
