import type { Figure } from './figure.js'

/** The bare storage is slow with a transaction for each. */
const ALONE = { skein: 1_000, others: 200 }

/**
 * Blocks of 1 KiB in a page, in a profile on disk, each durable before it is told of (`strict`): raw IndexedDB with a record for each, and a
 * file that a worker writes and flushes, which shows what the device can.
 */
export const logsAppend: Figure = {
  id: 'logs-append',
  group: 'logs',
  sides: ['indexeddb', 'opfs', 'skein'],
  rows: [
    {
      id: 'logs-append-batches',
      title: 'appends of 100 blocks of 1 KiB, durable',
      unit: 'blocks/s',
      better: 'more',
      reference: 'indexeddb',
      goal: { of: 'ratio', limit: 2 },
    },
    {
      id: 'logs-append-calls',
      title: '1,000 appends in one go, to a transaction for each',
      unit: 'blocks/s',
      better: 'more',
      reference: 'indexeddb',
      goal: { of: 'ratio', limit: 20 },
    },
  ],
  run: async (side, world) => {
    const { batches, calls } = await world.withLogPage((page) =>
      page.evaluate(([name, alone]) => window.logBench.append(name, alone), [
        side.name,
        side.name === 'skein' ? ALONE.skein : ALONE.others,
      ] as const),
    )
    return { 'logs-append-batches': batches, 'logs-append-calls': calls }
  },
}
