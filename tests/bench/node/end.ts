import { startProcess, typescript } from '../servers/start.js'
import type { BenchPage, Room } from '../world.js'

/** The end of a link that is in Node. */
export interface NodeEnd {
  /** Resolves when the page has joined and is linked with it. */
  linkWith(page: BenchPage): Promise<void>
  readonly stop: () => Promise<void>
}

/** A bot, which the page asks in. */
export const startBot = async (): Promise<NodeEnd> => {
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
export const startNodeMember = async (room: Room): Promise<NodeEnd> => {
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
