import { measureIn, typescript } from '../servers/start.js'
import { MIB } from '../page/channel.js'
import type { World } from '../world.js'
import type { Figure, Reading } from './figure.js'
import { meterOf } from './heap.js'
import { withFolder } from './logs-node.js'

const LONG = 100_000

const notInPages = 'does not run in pages'

interface Opened {
  readonly ms: number
  readonly bytes: number
}

/** In a process that has opened others, and has read nothing of this one. */
const openInNode = (side: string): Promise<Opened> =>
  withFolder(async (folder) => {
    await measureIn('logs', [...typescript('node/logs.ts'), side, 'fill', folder])
    return measureIn<Opened>('logs', ['--expose-gc', ...typescript('node/logs.ts'), side, 'open', folder])
  })

/** In a page that was loaded anew. */
const openInPage = (world: World): Promise<Opened> =>
  world.withLogPage(async (page) => {
    await page.evaluate((length) => window.logBench.openLong.fill(length), LONG)
    await page.reload()
    await page.waitForFunction(() => 'logBench' in window)
    const heldBytes = await meterOf(page)
    const opened = async (name: string): Promise<Opened> => {
      const before = await heldBytes()
      const ms = await page.evaluate((log) => window.logBench.openLong.open(log), name)
      return { ms, bytes: (await heldBytes()) - before }
    }
    // What is loaded and compiled once is nobody's.
    await opened('other')
    const [empty, long] = [await opened('empty'), await opened('long')]
    return { ms: long.ms, bytes: long.bytes - empty.bytes }
  })

/** Of 100,000 blocks that this device has appended, of 100 bytes each: how much it holds is over that of an empty log, open too. */
export const logsOpen: Figure = {
  id: 'logs-open',
  group: 'logs',
  sides: ['hypercore', 'skein'],
  rows: (['node', 'page'] as const).flatMap((where) => [
    {
      id: `logs-open-${where}`,
      title: `${where === 'node' ? 'Node' : 'page'}: a log of 100,000 blocks, until it is open`,
      unit: 'ms',
      better: 'less',
      reference: 'hypercore',
      goal: { of: 'value', limit: 50 },
    } as const,
    {
      id: `logs-open-${where}-mib`,
      title: `${where === 'node' ? 'Node' : 'page'}: what it holds over an empty one`,
      unit: 'MiB',
      better: 'less',
      reference: 'hypercore',
      goal: { of: 'value', limit: 4 },
    } as const,
  ]),
  run: async (side, world) => {
    const readings: Record<string, Reading> = {}
    const node = await openInNode(side.name)
    readings['logs-open-node'] = node.ms
    readings['logs-open-node-mib'] = node.bytes / MIB
    if (side.name === 'hypercore')
      return { ...readings, 'logs-open-page': notInPages, 'logs-open-page-mib': notInPages }
    const page = await openInPage(world)
    readings['logs-open-page'] = page.ms
    readings['logs-open-page-mib'] = page.bytes / MIB
    return readings
  },
}
