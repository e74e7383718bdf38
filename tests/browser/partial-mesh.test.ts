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

/** Resolves when this one sees just these, itself among them. */
const untilAreSeen = (group: WebGroup, groups: readonly WebGroup[]): Promise<void> =>
  new Promise((resolve) => {
    const expected = groups.map(({ myId }) => myId).sort()
    const check = (): void => {
      if ([...group.members].sort().join() === expected.join()) resolve()
    }
    group.on('member:join', check)
    group.on('member:leave', check)
    check()
  })

const untilAgreed = async (groups: readonly WebGroup[]): Promise<void> => {
  await Promise.all(groups.map((group) => untilAreSeen(group, groups)))
}

it('24 members in Node with eight links at most each see all, also when some go and come, and every broadcast reaches all, once', async () => {
  const signaling = await startSignaling()
  onTestFinished(() => signaling.stop())
  const key = WebGroup.generateKey()
  const heard = new Map<WebGroup, string[]>()
  let mostLinks = 0
  const create = (): WebGroup => {
    const group = new WebGroup({ signaling: signaling.url, limits: { maxLinks: MAX_LINKS } })
    onTestFinished(() => group.leave())
    heard.set(group, [])
    group.on('message', ({ from, data }) => heard.get(group)?.push(`${from} ${summarize(data)}`))
    group.on('link:change', () => {
      mostLinks = Math.max(mostLinks, group.neighbors.length)
    })
    return group
  }
  let groups = Array.from({ length: COUNT }, create)
  for (const group of groups) await group.join(key)
  await untilAgreed(groups)

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

  for (let round = 0; round < 3; round++) {
    const coming = [create(), create()]
    await Promise.all([...groups.slice(0, 2).map((group) => group.leave()), ...coming.map((group) => group.join(key))])
    groups = [...groups.slice(2), ...coming]
  }
  await untilAgreed(groups)
  for (const messages of heard.values()) messages.length = 0
  const newest = groups[COUNT - 1] as WebGroup
  const report = await newest.send('all here?', { confirm: true })
  expect([report.delivered.length, report.failed]).toEqual([COUNT - 1, []])
  expect(groups.flatMap((group) => heard.get(group))).toEqual(
    new Array(COUNT - 1).fill(`${newest.myId} ${summarize('all here?')}`),
  )
  expect(mostLinks).toBeLessThanOrEqual(MAX_LINKS)
})
