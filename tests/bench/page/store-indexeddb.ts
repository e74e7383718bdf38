/** IndexedDB without any library: a record for each block, its index the key, and the durability of what must outlast a power cut. */
import type { OpenStore } from './block-store.js'

const STORE = 'blocks'

const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('a request failed'))
  })

export const openStore: OpenStore = async (name) => {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const db = await done(opening)
  let length = 0
  const put = (blocks: readonly Uint8Array[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('a transaction was aborted'))
      const store = transaction.objectStore(STORE)
      for (const block of blocks) store.put(block, length++)
    })
  const objects = (): IDBObjectStore => db.transaction(STORE).objectStore(STORE)
  return {
    append: put,
    oneByOne: [
      async (blocks) => {
        for (const block of blocks) await put([block])
      },
      async (blocks) => {
        await Promise.all(blocks.map((block) => put([block])))
      },
    ],
    read: async (start, end) => {
      const blocks = (await done(objects().getAll(IDBKeyRange.bound(start, end - 1)))) as Uint8Array[]
      return blocks.reduce((sum, block) => sum + block.length, 0)
    },
    readOne: async (index) => ((await done(objects().get(index))) as Uint8Array).length,
  }
}
