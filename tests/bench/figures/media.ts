import type { Page } from 'playwright'
import type { MediaEnd } from '../page/media.js'
import type { Side } from '../sides/side.js'
import type { Room, World } from '../world.js'
import type { Figure } from './figure.js'

const WATCH_MS = 5_000
/** The encoder has found its rate, and nothing of the beginning is measured. */
const SETTLE_MS = 2_000

/**
 * The fake camera of Chromium at 320x180 and 30 frames a second, which every page sends to every other: whole, so that both sides
 * encode the same. First between two pages that are linked, from the call that adds it until a frame of it is shown; then, with
 * three, what is decoded in 5 s and what that takes of all processes of the browser.
 */
export const media: Figure = {
  id: 'media',
  sides: ['bare', 'skein'],
  rows: [
    {
      id: 'media-first',
      title: 'camera added until its first frame is shown',
      unit: 'ms',
      better: 'less',
      goal: { of: 'ratio', limit: 1.3 },
    },
    {
      id: 'media-frames',
      title: '3 pages with cameras: frames decoded',
      unit: '/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.9 },
    },
    {
      id: 'media-cpu',
      title: '3 pages with cameras: processor time of the browser',
      unit: 's/s',
      better: 'less',
      goal: { of: 'ratio', limit: 1.15 },
    },
  ],
  run: async (side, world) => ({ 'media-first': await measureFirst(side, world), ...(await measureCall(side, world)) }),
}

const measureFirst = (side: Side, world: World): Promise<number> =>
  world.withRoom(side, async (room) => {
    const ends = await openEnds(room, 2)
    const [sender, receiver] = ends as [End, End]
    const [beganMs, shownMs] = await Promise.all([
      sender.evaluate((end) => end.show()),
      receiver.evaluate((end) => end.untilFrames(1)),
    ])
    return shownMs - beganMs
  })

const measureCall = (side: Side, world: World): Promise<Record<'media-frames' | 'media-cpu', number>> =>
  world.withRoom(side, async (room) => {
    const ends = await openEnds(room, 3)
    // One after the other: what crosses is another matter, which bare connections have no answer to.
    for (const end of ends) await end.evaluate((own) => own.show())
    await Promise.all(ends.map((end) => end.evaluate((own) => own.untilFrames(2))))
    await wait(SETTLE_MS)
    const [framesBefore, cpuBefore] = [await sumOfDecoded(ends), await cpuSeconds(ends)]
    const beganMs = performance.now()
    await wait(WATCH_MS)
    const tookSeconds = (performance.now() - beganMs) / 1_000
    const [framesAfter, cpuAfter] = [await sumOfDecoded(ends), await cpuSeconds(ends)]
    for (const end of ends) {
      const sent = await end.evaluate((own) => own.sent())
      const isWhole = sent.every(({ width, height, codec }) => width === 320 && height === 180 && codec === 'video/VP8')
      if (sent.length !== 2 || !isWhole) throw new Error(`sends something else: ${JSON.stringify(sent)}`)
    }
    return {
      'media-frames': (framesAfter - framesBefore) / tookSeconds,
      'media-cpu': (cpuAfter - cpuBefore) / tookSeconds,
    }
  })

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface End {
  readonly page: Page
  evaluate<R>(work: (end: MediaEnd) => R | Promise<R>): Promise<R>
}

/** Pages that are all linked with each other, and show nothing yet. */
export const openEnds = async (room: Room, count: number): Promise<End[]> => {
  const ends: End[] = []
  for (let i = 0; i < count; i++) {
    const bench = await room.openPage()
    const { page } = bench
    const given = [room.side.name, bench.options()].map((value) => JSON.stringify(value)).join()
    await page.evaluate(`import('/page/media.js').then(({ join }) => join(${given}))`)
    ends.push({ page, evaluate: (work) => page.evaluate(`(${work.toString()})(window.media)`) })
  }
  for (const end of ends) await end.page.evaluate((links) => window.media.untilLinked(links), count - 1)
  return ends
}

const sumOfDecoded = async (ends: readonly End[]): Promise<number> => {
  const all = await Promise.all(ends.map((end) => end.evaluate((own) => own.decoded())))
  return all.reduce((sum, frames) => sum + frames, 0)
}

const cpuSeconds = async ([end]: readonly End[]): Promise<number> => {
  const cdp = await end?.page.context().browser()?.newBrowserCDPSession()
  if (cdp === undefined) throw new Error('there is no browser to ask')
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  await cdp.detach()
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
}
