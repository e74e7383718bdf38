/** What has come of files, kept on the device under the ids that they are resumed by, piece by piece. */
const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the pieces of files cannot be kept'))
  })

let opened: Promise<IDBDatabase> | undefined

const open = (): Promise<IDBDatabase> => {
  const request = indexedDB.open('files', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('pieces')
  return settled(request)
}

/** Once it resolves these bytes outlast the page. */
export const keep = async (id: string, position: number, bytes: Uint8Array): Promise<void> => {
  const transaction = (await (opened ??= open())).transaction('pieces', 'readwrite')
  const committed = new Promise((resolve) => transaction.addEventListener('complete', resolve))
  await settled(transaction.objectStore('pieces').put(bytes, [id, position]))
  await committed
}

/** What is kept of it from its first byte on; empty when there is nothing. */
export const kept = async (id: string): Promise<Blob> => {
  const pieces = (await (opened ??= open())).transaction('pieces').objectStore('pieces')
  return new Blob((await settled(pieces.getAll(IDBKeyRange.bound([id], [id, []])))) as Uint8Array<ArrayBuffer>[])
}
