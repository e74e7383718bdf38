import { WebGroup } from 'skein'
import { expect, it, onTestFinished } from 'vitest'
import { createBytes, summarize } from './page/data.js'
import { startSignaling } from './signaling-process.js'

const COUNT = 24
const MAX_LINKS = 8
/**
 * So large that what else is written beside a broadcast is little to it: on a busy machine round trips change, and each
 * member that tells the others so writes some 25 KB over all links.
 */
const PAYLOAD_BYTES = 250_000

const bytesSent = (group: WebGroup): number => group.stats().totals?.bytesSent ?? 0

const untilAllAreSeen = (group: WebGroup): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (group.members.length === COUNT) resolve()
    }
    group.on('member:join', check)
    check()
  })

it('24 members in Node with eight links at most each see all, and every broadcast reaches all, once', async () => {
  const signaling = await startSignaling()
  onTestFinished(() => signaling.stop())
  const key = WebGroup.generateKey()
  const groups = Array.from({ length: COUNT }, () => {
    const group = new WebGroup({ signaling: signaling.url, limits: { maxLinks: MAX_LINKS } })
    onTestFinished(() => group.leave())
    return group
  })
  const heard = new Map<WebGroup, string[]>(groups.map((group) => [group, []]))
  let mostLinks = 0
  for (const group of groups) {
    group.on('message', ({ from, data }) => heard.get(group)?.push(`${from} ${summarize(data)}`))
    group.on('link:change', () => {
      mostLinks = Math.max(mostLinks, group.neighbors.length)
    })
  }
  for (const group of groups) await group.join(key)
  await Promise.all(groups.map(untilAllAreSeen))
  expect(mostLinks).toBeLessThanOrEqual(MAX_LINKS)

  // Newcomers take the places of guests; they are given up within seconds, and then nothing changes any more.
  const links = (): string => groups.map(({ neighbors }) => [...neighbors].sort().join()).join('\n')
  for (let before = ''; before !== links();) {
    before = links()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
  }

  for (const author of [groups[0], groups[11], groups[23]] as WebGroup[]) {
    for (const messages of heard.values()) messages.length = 0
    const before = groups.map(bytesSent)
    const data = createBytes(PAYLOAD_BYTES, 7)
    const report = await author.send(data, { confirm: true })
    expect([report.delivered.length, report.failed]).toEqual([COUNT - 1, []])
    for (const group of groups) {
      expect(heard.get(group)).toEqual(group === author ? [] : [`${author.myId} ${summarize(data)}`])
    }
    const copies = groups.map((group, index) => (bytesSent(group) - (before[index] as number)) / PAYLOAD_BYTES)
    expect(Math.floor(Math.max(...copies))).toBeLessThanOrEqual(4)
    expect(Math.floor(copies.reduce((sum, count) => sum + count, 0))).toBeLessThanOrEqual(COUNT - 1 + 3)
  }
})
