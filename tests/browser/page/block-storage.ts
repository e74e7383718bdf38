/** What a page runs of the contract of storages, on the IndexedDB that it has. Bundled by the test. */
import { openBlocks } from '../../../sdk/platform/block-storage.browser.js'
import { storageCases } from '../../contract/block-storage.js'

const DATABASE = 'contract'

const destroy = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(new Error('it cannot be deleted'))
  })

/** Rejects when the case of this name does not hold here. */
const runStorageCase = async (name: string): Promise<void> => {
  await destroy()
  await storageCases.find((each) => each.name === name)?.run({ open: () => openBlocks(DATABASE), destroy })
}

declare global {
  interface Window {
    runStorageCase: typeof runStorageCase
  }
}

window.runStorageCase = runStorageCase
