import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureIn, typescript } from '../servers/start.js'
import type { Figure } from './figure.js'

interface Appends {
  readonly batches: number
  readonly single: number
  /** Where the side appends less durably when nobody asks for more. */
  readonly loose: number | null
  readonly looseSingle: number | null
}

interface Replicated {
  readonly small: number
  readonly large: number
}

/** A folder on this device, until `work` has ended. */
export const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const always = 'appends durably or not at all'

/**
 * Logs in one process of Node, with LMDB and with hypercore's RocksDB, on the same disk. Durable appends are in a file that was flushed to the device
 * on both sides; what is replicated outlasts the process on both sides, and not a power cut. The streams between two logs are in memory.
 */
export const logsNode: Figure = {
  id: 'logs-node',
  group: 'logs',
  sides: ['hypercore', 'skein'],
  rows: [
    {
      id: 'logs-node-batches',
      title: 'Node: appends of 100 blocks of 1 KiB, durable',
      unit: 'blocks/s',
      better: 'more',
      reference: 'hypercore',
      goal: { of: 'ratio', limit: 1 },
    },
    {
      id: 'logs-node-single',
      title: 'Node: single appends of 1 KiB, durable, each awaited',
      unit: 'blocks/s',
      better: 'more',
      reference: 'hypercore',
    },
    {
      id: 'logs-node-loose-batches',
      title: 'Node: appends of 100 blocks, as hypercore does them: not durable',
      unit: 'blocks/s',
      better: 'more',
      reference: 'hypercore',
    },
    {
      id: 'logs-node-loose-single',
      title: 'Node: single appends so',
      unit: 'blocks/s',
      better: 'more',
      reference: 'hypercore',
    },
    {
      id: 'logs-node-replicate-small',
      title: 'Node: a log of 20,000 blocks of 1 KiB, replicated',
      unit: 'blocks/s',
      better: 'more',
      reference: 'hypercore',
      goal: { of: 'ratio', limit: 1 },
    },
    {
      id: 'logs-node-replicate-large',
      title: 'Node: a log of 1,000 blocks of 60 KiB (hypercore: 64), replicated',
      unit: 'MB/s',
      better: 'more',
      reference: 'hypercore',
      goal: { of: 'ratio', limit: 1 },
    },
  ],
  run: async (side) => {
    const measure = <T>(task: string): Promise<T> =>
      withFolder((folder) => measureIn<T>('logs', [...typescript('node/logs.ts'), side.name, task, folder]))
    const appends = await measure<Appends>('appends')
    const replicated = await measure<Replicated>('replicate')
    return {
      'logs-node-batches': appends.batches,
      'logs-node-single': appends.single,
      'logs-node-loose-batches': appends.loose ?? always,
      'logs-node-loose-single': appends.looseSingle ?? always,
      'logs-node-replicate-small': replicated.small,
      'logs-node-replicate-large': replicated.large,
    }
  },
}
