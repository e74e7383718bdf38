import type { Figure } from './figure.js'

/** Blocks of 1 KiB in a page: raw IndexedDB gives a range by one `getAll`, a log by `createReadStream`, each block verified. */
export const logsRead: Figure = {
  id: 'logs-read',
  group: 'logs',
  sides: ['indexeddb', 'opfs', 'skein'],
  rows: [
    {
      id: 'logs-read-range',
      title: 'reads of 1,000 blocks of 1 KiB in a row',
      unit: 'blocks/s',
      better: 'more',
      reference: 'indexeddb',
      goal: { of: 'ratio', limit: 1 },
    },
    {
      id: 'logs-read-single',
      title: 'reads of single blocks, one after the other',
      unit: 'blocks/s',
      better: 'more',
      reference: 'indexeddb',
    },
  ],
  run: async (side, world) => {
    const { range, single } = await world.withLogPage((page) =>
      page.evaluate((name) => window.logBench.read(name), side.name),
    )
    return { 'logs-read-range': range, 'logs-read-single': single }
  },
}
