/**
 * hypercore on its RocksDB, which writes each append to a log file and never asks the device to keep it; that is done here with what it would
 * use itself, `fdatasync` of that file. Its streams encrypt, and cannot be told not to.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import Hypercore from 'hypercore'
import type { NodeLog, OpenNodeLog } from './log-store.js'

export const openLog: OpenNodeLog = async (folder) => {
  const core = new Hypercore(folder)
  await core.ready()
  let synced: { readonly path: string; readonly file: FileHandle } | null = null
  const sync = async (): Promise<void> => {
    const { path } = await core.core.storage.db.currentWalFile()
    if (synced?.path !== path) {
      await synced?.file.close()
      synced = { path, file: await open(join(folder, 'db', path), 'r+') }
    }
    await synced.file.datasync()
  }
  const replicateTo: NodeLog['replicateTo'] = async (other) => {
    const copy = new Hypercore(other, core.key)
    await copy.ready()
    const [here, there] = [core.replicate(true), copy.replicate(false)]
    here.pipe(there).pipe(here)
    await copy.download({ start: 0, end: core.length }).done()
    return () => copy.close()
  }
  return {
    append: async (blocks) => {
      await core.append(blocks)
      await sync()
    },
    appendLoosely: (blocks) => core.append(blocks),
    replicateTo,
    close: async () => {
      await synced?.file.close()
      await core.close()
    },
  }
}
