import type { Side } from '../sides/side.js'
import type { BenchPage, World } from '../world.js'
import type { Figure, Reading } from './figure.js'

const LIMIT_MS = 60_000

const timeToGone = (side: Side, world: World, end: (page: BenchPage) => Promise<void>): Promise<Reading> =>
  world.withPair(side, {}, async ([witness, victim]) => {
    const beganMs = Date.now()
    await end(victim)
    const atMs = await witness.evaluate(async (participant, limitMs) => {
      await Promise.race([participant.untilGone(), new Promise((resolve) => setTimeout(resolve, limitMs))])
      return participant.goneAtMs
    }, LIMIT_MS)
    return atMs === null ? `not seen within ${LIMIT_MS / 1000} s` : (atMs - beganMs) / 1000
  })

const close = (page: BenchPage): Promise<void> => page.page.close()

const crash = async ({ page }: BenchPage): Promise<void> => {
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  const cdp = await page.context().newCDPSession(page)
  // Nobody is left to answer it.
  void cdp.send('Page.crash').catch(() => {})
  await crashed
}

export const gone: Figure = {
  id: 'gone',
  long: true,
  together: true,
  maxRounds: 1,
  rows: [
    { id: 'gone-closed', title: 'closed page seen as gone after', unit: 's', better: 'less' },
    { id: 'gone-crashed', title: 'crashed page seen as gone after', unit: 's', better: 'less' },
  ],
  run: async (side, world) => {
    const [closed, crashed] = await Promise.all([timeToGone(side, world, close), timeToGone(side, world, crash)])
    return { 'gone-closed': closed, 'gone-crashed': crashed }
  },
}
