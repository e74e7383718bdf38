/** Beside `store-opfs.ts`: the worker, since files are written synchronously in workers alone. */

export type OpfsTask =
  | { readonly kind: 'open'; readonly name: string }
  | { readonly kind: 'append'; readonly blocks: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'read'; readonly start: number; readonly end: number }

export interface OpfsAnswer {
  readonly bytes: number
  /** What was read, one after the other. */
  readonly blocks?: readonly Uint8Array[]
}

/** What TypeScript has for workers alone. */
interface SyncAccessHandle {
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  flush(): void
}

let file: SyncAccessHandle | null = null
let end = 0
let blockBytes = 0

const open = async (name: string): Promise<OpfsAnswer> => {
  const folder = await navigator.storage.getDirectory()
  const handle = await folder.getFileHandle(name, { create: true })
  file = await (handle as unknown as { createSyncAccessHandle(): Promise<SyncAccessHandle> }).createSyncAccessHandle()
  return { bytes: 0 }
}

const append = (blocks: readonly Uint8Array[]): OpfsAnswer => {
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const block of blocks) {
    blockBytes = block.length
    bytes.set(block, at)
    at += block.length
  }
  file?.write(bytes, { at: end })
  file?.flush()
  end += bytes.length
  return { bytes: bytes.length }
}

const read = (first: number, last: number): OpfsAnswer => {
  const bytes = new Uint8Array((last - first) * blockBytes)
  file?.read(bytes, { at: first * blockBytes })
  const blocks = Array.from({ length: last - first }, (_, index) =>
    bytes.subarray(index * blockBytes, (index + 1) * blockBytes),
  )
  return { bytes: bytes.length, blocks }
}

const answer = (task: OpfsTask): OpfsAnswer | Promise<OpfsAnswer> => {
  switch (task.kind) {
    case 'open':
      return open(task.name)
    case 'append':
      return append(task.blocks)
    case 'read':
      return read(task.start, task.end)
  }
}

self.onmessage = ({ data }: MessageEvent<OpfsTask>) => {
  void Promise.resolve(answer(data)).then((result) => self.postMessage(result))
}
