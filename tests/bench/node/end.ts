import { startProcess, typescript } from '../servers/start.js'
import { gatesOf } from '../figures/gates.js'
import type { Side } from '../sides/side.js'
import type { BenchPage, Room, World } from '../world.js'

/** The end of a link that is in Node. */
interface NodeEnd {
  /** Resolves when the page has joined and is linked with it. */
  linkWith(page: BenchPage): Promise<void>
  /** What it held at most, over what it held when it had joined, in bytes: where that is measured. */
  readonly mostHeap: () => number
  readonly stop: () => Promise<void>
}

interface EndOptions {
  /** Collects and measures after every 32 MiB received, which takes time. */
  readonly measuresHeap?: boolean
}

/** Starts a script of this folder as an end, and notes what it says of its heap. */
const startEnd = async <T>(
  script: readonly string[],
  find: (line: string) => T | undefined,
  { measuresHeap = false }: EndOptions,
) => {
  let mostHeap = NaN
  const onLine = (line: string): void => {
    const bytes = /^heap (-?\d+)$/.exec(line)?.[1]
    if (bytes !== undefined) mostHeap = Math.max(Number(bytes), Number.isNaN(mostHeap) ? -Infinity : mostHeap)
  }
  const started = await startProcess([...(measuresHeap ? ['--expose-gc'] : []), ...script], find, { onLine })
  return { ...started, mostHeap: () => mostHeap }
}

/** A bot, which the page asks in. */
const startBot = async (options: EndOptions): Promise<NodeEnd> => {
  const find = (line: string): string | undefined => /^at (\S+)$/.exec(line)?.[1]
  const { found, ...end } = await startEnd(typescript('node/bot.ts'), find, options)
  return {
    ...end,
    linkWith: async (page) => {
      await page.evaluate((participant, options) => participant.join(options), { ...page.options(), invites: found })
      await page.untilLinked(1)
    },
  }
}

/** An ordinary member of the room, in a process of its own. */
const startNodeMember = async (room: Room, options: EndOptions): Promise<NodeEnd> => {
  const script = [...typescript('node/member.ts'), room.side.name, JSON.stringify(room.options())]
  const end = await startEnd(script, (line) => line.includes('joined') || undefined, options)
  return {
    ...end,
    linkWith: async (page) => {
      await page.join()
      await page.untilLinked(1)
    },
  }
}

/**
 * What `work` reads in a page that is linked with a process of Node, skein's with a bot that it has asked in; once for each
 * gate of the side.
 */
export const readTowardsNode = async (
  side: Side,
  world: World,
  work: (page: BenchPage, end: Pick<NodeEnd, 'mostHeap'>) => Promise<number>,
  options: EndOptions = {},
): Promise<number[]> => {
  const readings: number[] = []
  for (const gateBytes of gatesOf(side)) {
    const measure = world.withRoom(
      side,
      async (room) => {
        const end = await (side.name === 'skein' ? startBot(options) : startNodeMember(room, options))
        try {
          const page = await room.openPage()
          await end.linkWith(page)
          return await work(page, end)
        } finally {
          await end.stop()
        }
      },
      { gateBytes },
    )
    readings.push(await measure)
  }
  return readings
}
