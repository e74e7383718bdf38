/** A file of the origin's own, written and flushed by a worker, as blocks of one size: what the device gives when nothing is in between. */
import type { OpenStore } from './block-store.js'
import type { OpfsAnswer, OpfsTask } from './opfs-worker.js'

export const openStore: OpenStore = async (name) => {
  const worker = new Worker(new URL('/page/opfs-worker.js', location.href), { type: 'module' })
  const ask = (task: OpfsTask): Promise<OpfsAnswer> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<OpfsAnswer>) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(task)
    })
  await ask({ kind: 'open', name })
  const append = async (blocks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> => {
    await ask({ kind: 'append', blocks })
  }
  return {
    append,
    oneByOne: [
      async (blocks) => {
        for (const block of blocks) await append([block])
      },
    ],
    read: async (start, end) => (await ask({ kind: 'read', start, end })).bytes,
    readOne: async (index) => (await ask({ kind: 'read', start: index, end: index + 1 })).bytes,
  }
}
