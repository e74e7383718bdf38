/**
 * Stock Firefox beside Chromium, pages of both in each group, in the scenes that Chromium's own tests have. All pages of
 * Firefox are tabs of one window, so that only the newest of them is visible: the others are background tabs, whose
 * timers come once a second.
 *
 * Freezing and crashing are Chromium's alone: CDP does that, and WebDriver BiDi has no command for it. A page of Firefox goes
 * offline here by a way to the server that is cut, links that swallow everything, and the event; `navigator.onLine` stays.
 * No page with a WebRTC connection gets into the back-forward cache of Firefox.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { openGateway } from './gateway.js'
import {
  becomeDirect,
  beginMuch,
  departures,
  endings,
  everyoneTalks,
  exchange,
  joinApart,
  leavesAtOnce,
  loseLink,
  muchIsSent,
  oneIsTold,
} from './scenes.js'
import { setup, untilAllDirect, untilAllTalk, useBothBrowsers } from './support.js'

useBothBrowsers()

describe('pages of Firefox and Chromium', () => {
  it('are all linked, and everyone gets what everyone sends to all, intact and in order', async () => {
    const { joinIn } = await setup()
    const members = await joinIn('firefox', 'chromium', 'firefox', 'chromium')
    const agents = await Promise.all(members.map(({ me }) => me.evaluate(() => navigator.userAgent)))
    expect(agents.map((agent) => agent.includes('Firefox'))).toEqual([true, false, true, false])
    await untilAllDirect(members)
    await everyoneTalks(members)
    const ids = members.map(({ id }) => id).sort()
    for (const { me } of members) {
      expect(await me.evaluate(({ group }) => [...group.members].sort())).toEqual(ids)
      expect(await me.evaluate(({ group }) => group.neighbors.length)).toBe(3)
    }
  })

  it('are told alone what is sent to them alone, in order with what goes to all', async () => {
    const { joinIn } = await setup()
    const [ada, bob, carol] = await joinIn('firefox', 'chromium', 'firefox')
    await oneIsTold([ada, bob, carol])
    for (const { me } of [ada, bob, carol]) await me.evaluate((member) => member.messages.splice(0))
    // From Chromium, too.
    await oneIsTold([bob, carol, ada])
  })

  it.each([
    ['firefox', 'chromium'],
    ['chromium', 'firefox'],
  ] as const)(
    'get a message of 64 MiB intact from %s to %s, in order with the small ones around it',
    async (from, to) => {
      const { joinIn } = await setup()
      const members = await joinIn(from, to)
      await untilAllDirect(members)
      await muchIsSent(...members)
    },
  )

  it('are linked and talk while all of Firefox are hidden', async () => {
    const { joinIn, openPageIn } = await setup()
    const members = await joinIn('firefox', 'firefox', 'chromium')
    await openPageIn('firefox')
    const states = await Promise.all(members.map(({ me }) => me.evaluate(() => document.visibilityState)))
    expect(states).toEqual(['hidden', 'hidden', 'visible'])
    await untilAllDirect(members)
    await untilAllTalk(members, 'unseen')
  })
})

describe('a page of Firefox', () => {
  it.each(endings)('M8: that %s is seen leaving within a second', async (_, end) => {
    const { joinIn } = await setup()
    const members = await joinIn('firefox', 'chromium', 'firefox')
    await untilAllDirect(members)
    const [ada, bob, carol] = members
    await leavesAtOnce(carol, [ada, bob], end)
  })

  it.each(['sends', 'receives'])(
    'M8: that %s 64 MiB when it is closed is seen leaving within a second',
    async (role) => {
      const { joinIn } = await setup()
      const members = await joinIn('chromium', 'firefox', 'firefox')
      await untilAllDirect(members)
      const [ada, bob, carol] = members
      await (role === 'sends' ? beginMuch(carol, ada) : beginMuch(ada, carol))
      await leavesAtOnce(carol, [ada, bob], ({ page }) => page.close())
      if (role === 'sends') expect(await ada.me.evaluate((me) => me.messages)).toEqual([])
    },
  )

  it('leaves and joins again as another member', async () => {
    const { joinIn, key } = await setup()
    const [ada, bob] = await joinIn('firefox', 'chromium')
    const [first, second] = await ada.me.evaluate(async ({ group }, groupKey) => {
      const before = group.myId
      await group.leave()
      await group.join(groupKey)
      return [before, group.myId]
    }, key)
    expect(second).not.toBe(first)
    await bob.me.evaluate((me, id) => me.untilDirect([id]), second)
    expect(await departures(bob)).toEqual([{ id: first, reason: 'goodbye' }])
  })
})

describe('a page of Firefox whose network goes', () => {
  const setupOffline = async () => {
    const { signaling, join, joinIn, openPageIn } = await setup()
    const gateway = await openGateway(signaling.url)
    onTestFinished(() => gateway.close())
    const staying = await joinIn('chromium', 'firefox')
    const fox = await join({ signaling: gateway.url }, await openPageIn('firefox'))
    const members = [...staying, fox]
    await untilAllDirect(members)
    const goOffline = async (): Promise<void> => {
      await fox.me.evaluate(({ rules }) => rules.hold('all'))
      gateway.cut()
    }
    const goOnline = async (): Promise<void> => {
      gateway.mend()
      await fox.me.evaluate(({ rules }) => rules.hold([]))
      await fox.me.evaluate(() => window.dispatchEvent(new Event('online')))
    }
    return { members, staying, fox, goOffline, goOnline }
  }

  it('for some seconds is the same member when it is back, and nothing is lost', async () => {
    const { members, staying, fox, goOffline, goOnline } = await setupOffline()
    const [ada, bob] = staying
    // Who is linked with whom is told a moment later. A page that goes before has told nobody of its link to Bob, and then
    // Ada keeps to her own, which is all there is, until the linger is over.
    await ada.me.evaluate((me, id) => me.untilSpare(id), fox.id)
    await goOffline()
    for (const { me, id } of members) await me.evaluate(({ group }, name) => group.send(`offline ${name}`), id)
    // What she has sent is not acknowledged: so she takes the other way, seconds before anybody is given up.
    await ada.me.evaluate((me, [id, via]) => me.untilPath(id, `relayed ${via}`), [fox.id, bob.id] as const)
    await goOnline()
    await untilAllDirect(members)
    for (const { me, id } of members) {
      for (const other of members.filter((member) => member.id !== id)) {
        await me.evaluate((member, from) => member.untilMessage(`offline ${from}`), other.id)
      }
      expect(await me.evaluate((member) => member.happened('member:leave'))).toEqual([])
    }
    await untilAllTalk(members, 'online')
  })

  it('M12, S23: for longer than the linger is let go, and everyone agrees again when it is back', async () => {
    const { members, staying, fox, goOffline, goOnline } = await setupOffline()
    await goOffline()
    for (const { me } of staying) await me.evaluate((me) => me.untilMembers(2, 60_000))
    await fox.me.evaluate((me) => me.untilMembers(1, 60_000))
    await goOnline()
    for (const { me } of members) await me.evaluate((me) => me.untilMembers(3, 60_000))
    await untilAllDirect(members)
    await untilAllTalk(members, 'online')
    for (const member of staying) expect(await departures(member)).toEqual([{ id: fox.id, reason: 'timeout' }])
    expect(await fox.me.evaluate(({ group }) => group.myId)).toBe(fox.id)
  })
})

describe('M8: a page of Chromium', () => {
  it('that is closed is seen leaving by one of Firefox within a second', async () => {
    const { joinIn } = await setup()
    const members = await joinIn('firefox', 'chromium')
    await untilAllDirect(members)
    const [ada, bob] = members
    await leavesAtOnce(bob, [ada], ({ page }) => page.close())
  })
})

describe('two pages that cannot connect', () => {
  it.each([
    ['Firefox and Chromium', 'Chromium', { ada: 'firefox' }],
    ['Chromium', 'Firefox', { carol: 'firefox' }],
  ] as const)('(%s) talk both ways through a third (%s), and directly once they can', async (_, __, names) => {
    const apart = await joinApart(await setup(), names)
    const { ada, bob, carol } = apart
    await exchange(ada, bob, 4 * 2 ** 20)
    await exchange(bob, ada, 4 * 2 ** 20)
    const forwarded = await carol.me.evaluate(({ group }) => group.stats().totals?.framesForwarded)
    expect(forwarded).toBeGreaterThan(2 * 4 * 16)
    for (const member of [ada, bob, carol]) expect(await departures(member)).toEqual([])
    await becomeDirect(apart)
  })
})

describe('members whose link is lost', () => {
  it.each([
    ['Firefox', ['firefox', 'chromium']],
    ['Chromium', ['chromium', 'firefox']],
  ] as const)('M10: (closed by %s) stay members, and go on through another', async (_, [from, to]) => {
    const { joinIn } = await setup()
    const members = await joinIn(from, to, 'chromium')
    await untilAllDirect(members)
    await loseLink(...members)
  })
})

describe('a group of both browsers', () => {
  it('talks on when the signaling server is killed, and takes in newcomers within 5 s of its return', async () => {
    const { signaling, joinIn, join, openPageIn } = await setup()
    const members = await joinIn('firefox', 'chromium', 'firefox')
    await untilAllDirect(members)
    await signaling.kill()
    await Promise.all(
      members.map(({ me }) => me.evaluate((m) => m.until('closed', () => m.group.signalingState === 'closed'))),
    )
    await untilAllTalk(members, 'without a server')
    for (const { me, id } of members) {
      expect(await me.evaluate(({ group }) => [group.state, group.members.length, group.myId])).toEqual([
        'joined',
        3,
        id,
      ])
    }

    const pages = [await openPageIn('firefox'), await openPageIn('chromium')]
    await signaling.restart()
    const backMs = Date.now()
    const newcomers = await Promise.all(pages.map((page) => join({}, page)))
    const everyone = [...members, ...newcomers]
    await Promise.all(everyone.map(({ me }) => me.evaluate((m, count) => m.untilMembers(count), everyone.length)))
    expect(Date.now() - backMs).toBeLessThan(5_000)
    await untilAllDirect(everyone)
    await untilAllTalk(everyone, 'together')
    for (const { me, id } of members) {
      expect(await me.evaluate((m) => [m.group.myId, m.happened('member:leave')])).toEqual([id, []])
    }
  })
})
