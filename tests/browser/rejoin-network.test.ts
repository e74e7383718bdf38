import { describe, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { others, setup, untilAllDirect, untilAllTalk, useBrowser, type PageMember } from './support.js'

useBrowser(launchChromium)

const leavesOf = (member: PageMember): Promise<{ id: string; reason: string }[]> =>
  member.me.evaluate((me) => me.happened('member:leave') as { id: string; reason: string }[])

/** What the member saw of others, for a test that fails. */
const historyOf = ({ me }: PageMember): Promise<string> =>
  me.evaluate(({ events, group }) => {
    const told = events.filter(({ name }) => /^(member:join|member:leave|link:change)$/.test(name))
    const lines = told.map(({ name, atMs, event }) => {
      const { id, reason, path, peer } = event as {
        id: string
        reason?: string
        path?: string
        peer?: { path: string }
      }
      return `${String(Math.round(atMs))} ${name} ${id} ${reason ?? path ?? peer?.path ?? ''}`
    })
    return [group.myId, ...lines].join('\n')
  })

const untilMembers = async (members: readonly PageMember[], count: number, ms = 60_000): Promise<void> => {
  await Promise.all(
    members.map(({ me }) =>
      me.evaluate((member, [all, limit]) => member.untilMembers(all, limit), [count, ms] as const),
    ),
  )
}

/** Takes the network from a page: its sockets and events by the browser, its links by their rules. */
const goOffline = async ({ page, me }: PageMember): Promise<() => Promise<void>> => {
  const cdp = await page.context().newCDPSession(page)
  const emulate = (offline: boolean) =>
    cdp.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await cdp.send('Network.enable')
  await me.evaluate(({ rules }) => rules.hold('all'))
  await emulate(true)
  expect(await page.evaluate(() => navigator.onLine)).toBe(false)
  return async () => {
    await me.evaluate(({ rules }) => rules.hold([]))
    await emulate(false)
    expect(await page.evaluate(() => navigator.onLine)).toBe(true)
  }
}

/** Links between the halves carry nothing from now on, and none come up. */
const split = async (halves: readonly [readonly PageMember[], readonly PageMember[]]): Promise<() => Promise<void>> => {
  const hold = async (on: boolean): Promise<void> => {
    for (const [mine, theirs] of [halves, [halves[1], halves[0]]] as const) {
      const ids = on ? theirs.map(({ id }) => id) : []
      await Promise.all(mine.map(({ me }) => me.evaluate(({ rules }, all) => rules.hold(all), ids)))
    }
  }
  await hold(true)
  return () => hold(false)
}

describe('a page whose network goes', () => {
  it('for 6 s is the same member when it is back, and nothing is lost', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const carol = members[2]
    const goOnline = await goOffline(carol)
    await Promise.all(
      members.map(({ me }) =>
        me.evaluate(async ({ group }) => {
          for (let i = 0; i < 50; i++) await group.send(`offline ${String(i)} of ${group.myId}`)
        }),
      ),
    )
    await carol.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 6_000)))
    await goOnline()
    await untilAllDirect(members)
    for (const member of members) {
      for (const id of others(members, member)) {
        const heard = await member.me.evaluate(async (me, from) => {
          await me.untilMessage(`offline 49 of ${from}`)
          return me.heardFrom(from)
        }, id)
        expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => `offline ${String(i)} of ${id}`))
      }
      expect(await leavesOf(member)).toEqual([])
    }
    await untilAllTalk(members, 'online')
  })

  it('M12, S23: for longer than the linger is let go, and everyone agrees again when it is back', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const [ada, bob, carol] = members
    const goOnline = await goOffline(carol)
    await untilMembers([ada, bob], 2)
    await untilMembers([carol], 1)
    await goOnline()
    const onlineMs = Date.now()
    await untilMembers(members, 3)
    await untilAllDirect(members)
    process.stderr.write(`offline: all linked again ${String(Date.now() - onlineMs)} ms after the network was back\n`)
    await untilAllTalk(members, 'online')
    for (const member of [ada, bob]) expect(await leavesOf(member)).toEqual([{ id: carol.id, reason: 'timeout' }])
    expect(await carol.me.evaluate(({ group }) => group.myId)).toBe(carol.id)
  })
})

describe('a group that is split in two', () => {
  const setupHalves = async () => {
    const world = await setup()
    const members = await world.joinAll(4)
    await untilAllDirect(members)
    const [ada, bob, carol, dave] = members as [PageMember, PageMember, PageMember, PageMember]
    return {
      ...world,
      members,
      halves: [
        [ada, bob],
        [carol, dave],
      ] as const,
    }
  }

  const expectWhole = async (
    members: readonly PageMember[],
    halves: readonly (readonly PageMember[])[],
  ): Promise<void> => {
    await untilMembers(members, 4)
    await untilAllDirect(members)
    await untilAllTalk(members, 'whole')
    for (const half of halves) {
      for (const member of half) {
        const left = await leavesOf(member)
        // Those of one half never lost each other.
        expect(left.filter(({ id }) => half.some((other) => other.id === id))).toEqual([])
        expect(
          left.map(({ reason }) => reason),
          (await Promise.all(members.map(historyOf))).join('\n'),
        ).toEqual(['timeout', 'timeout'])
      }
    }
  }

  it('S24: is whole again through the server', async () => {
    const { members, halves } = await setupHalves()
    const heal = await split(halves)
    await untilMembers(members, 2)
    // What links there were are gone for good.
    for (const { me } of halves[0]) {
      await me.evaluate(
        ({ rules }, ids) => {
          for (const id of ids) for (const channel of rules.channels.get(id) ?? []) channel.close()
        },
        halves[1].map(({ id }) => id),
      )
    }
    await heal()
    await expectWhole(members, halves)
  })

  it('M18: is whole again without any server when the links between the halves recover', async () => {
    const { signaling, members, halves } = await setupHalves()
    await signaling.kill()
    const heal = await split(halves)
    await untilMembers(members, 2)
    await heal()
    const healedMs = Date.now()
    await untilMembers(members, 4, 10_000)
    process.stderr.write(`split: all here again ${String(Date.now() - healedMs)} ms after the links recovered\n`)
    await expectWhole(members, halves)
    for (const { me } of members) expect(await me.evaluate(({ group }) => group.signalingState)).not.toBe('open')
  })
})
