import { expect, describe, it } from 'vitest'
import { becomeDirect, departures, exchange, joinApart, loseLink, untilRelayed } from './scenes.js'
import { setup, useBrowser, type PageMember } from './support.js'

useBrowser()

describe('two pages that cannot connect', () => {
  it('talk both ways through a third, 16 MiB included', async () => {
    const { ada, bob, carol } = await joinApart(await setup())
    await exchange(ada, bob, 16 * 2 ** 20)
    await exchange(bob, ada, 16 * 2 ** 20)
    const forwarded = await carol.me.evaluate(({ group }) => group.stats().totals?.framesForwarded)
    expect(forwarded).toBeGreaterThan(2 * 16 * 16)
    for (const member of [ada, bob, carol]) expect(await departures(member)).toEqual([])
  })

  it('become directly linked by themselves once they can', async () => {
    await becomeDirect(await joinApart(await setup()))
  })

  it('are relayed too when their connection is tried and never comes up', async () => {
    const { join, openPage, createMember, key } = await setup()
    const carol = await join()
    const ada = await join()
    const page = await openPage()
    const me = await createMember(page)
    await me.evaluate(({ rules }, id) => rules.blind.add(id), ada.id)
    await me.evaluate(({ group }, groupKey) => group.join(groupKey), key)
    const bob: PageMember = { page, me, id: await me.evaluate(({ group }) => group.myId) }
    await untilRelayed([ada, bob], carol)
    await exchange(ada, bob, 100_000)
    await exchange(bob, ada, 100_000)
    for (const member of [ada, bob, carol]) expect(await departures(member)).toEqual([])
  })
})

describe('members whose link is lost', () => {
  it('M10: stay members, and go on through another', async () => {
    const { joinAll } = await setup()
    const [ada, bob, carol] = await joinAll(3)
    await Promise.all([
      ada.me.evaluate((me, ids) => me.untilDirect(ids), [bob.id, carol.id]),
      bob.me.evaluate((me, ids) => me.untilDirect(ids), [ada.id, carol.id]),
    ])
    await loseLink(ada, bob, carol)
  })
})

describe('a line of four pages', () => {
  it('talks from end to end', async () => {
    const { join } = await setup()
    const bob = await join()
    const carol = await join({ only: [bob.id] })
    const ada = await join({ only: [bob.id] })
    await bob.me.evaluate(({ rules }, ids) => rules.allow(ids), [ada.id, carol.id])
    await carol.me.evaluate(({ rules }, id) => {
      rules.allow(null)
      rules.refused.add(id)
    }, ada.id)
    const dave = await join({ only: [carol.id] })
    await ada.me.evaluate((me, [id, path]) => me.untilPath(id, path), [
      dave.id,
      `relayed ${bob.id} ${carol.id}`,
    ] as const)
    await dave.me.evaluate((me, [id, path]) => me.untilPath(id, path), [
      ada.id,
      `relayed ${carol.id} ${bob.id}`,
    ] as const)
    await exchange(ada, dave, 1_000_000)
    await exchange(dave, ada, 1_000_000)
    for (const member of [ada, bob, carol, dave]) expect(await departures(member)).toEqual([])
  })
})
