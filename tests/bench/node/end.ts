import { startProcess, typescript } from '../servers/start.js'
import { gatesOf } from '../figures/gates.js'
import type { Side } from '../sides/side.js'
import type { BenchPage, Room, World } from '../world.js'

/** The end of a link that is in Node. */
interface NodeEnd {
  /** Resolves when the page has joined and is linked with it. */
  linkWith(page: BenchPage): Promise<void>
  readonly stop: () => Promise<void>
}

/** A bot, which the page asks in. */
const startBot = async (): Promise<NodeEnd> => {
  const { found, stop } = await startProcess([...typescript('node/bot.ts')], (line) => /^at (\S+)$/.exec(line)?.[1])
  return {
    linkWith: async (page) => {
      await page.evaluate((participant, options) => participant.join(options), { ...page.options(), invites: found })
      await page.untilLinked(1)
    },
    stop,
  }
}

/** An ordinary member of the room, in a process of its own. */
const startNodeMember = async (room: Room): Promise<NodeEnd> => {
  const args = [...typescript('node/member.ts'), room.side.name, JSON.stringify(room.options())]
  const { stop } = await startProcess(args, (line) => line.includes('joined') || undefined)
  return {
    linkWith: async (page) => {
      await page.join()
      await page.untilLinked(1)
    },
    stop,
  }
}

/**
 * What `work` reads in a page that is linked with a process of Node, skein's with a bot that it has asked in; once for each
 * gate of the side.
 */
export const readTowardsNode = async (
  side: Side,
  world: World,
  work: (page: BenchPage) => Promise<number>,
): Promise<number[]> => {
  const readings: number[] = []
  for (const gateBytes of gatesOf(side)) {
    const measure = world.withRoom(
      side,
      async (room) => {
        const end = await (side.name === 'skein' ? startBot() : startNodeMember(room))
        try {
          const page = await room.openPage()
          await end.linkWith(page)
          return await work(page)
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
