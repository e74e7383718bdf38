import { expect, describe, it } from 'vitest'
import { setup, useBrowser, type PageMember, type World } from './support.js'

useBrowser()

/** Ada and Bob have only Carol that WebRTC connects them with. */
const joinApart = async ({ join }: World): Promise<{ ada: PageMember; bob: PageMember; carol: PageMember }> => {
  const carol = await join()
  const [ada, bob] = await Promise.all([join({ only: [carol.id] }), join({ only: [carol.id] })])
  await Promise.all([
    ada.me.evaluate((me, [id, path]) => me.untilPath(id, path), [bob.id, `relayed ${carol.id}`] as const),
    bob.me.evaluate((me, [id, path]) => me.untilPath(id, path), [ada.id, `relayed ${carol.id}`] as const),
  ])
  return { ada, bob, carol }
}

const exchange = async (from: PageMember, to: PageMember, size: number): Promise<void> => {
  const sent = await from.me.evaluate(
    async ({ group }, [id, bytes]) => {
      const { createBytes, summarize } = window.harness
      const messages = [`to ${id}`, createBytes(bytes, bytes), `done ${id}`]
      for (const data of messages) await group.sendTo(id, data)
      return messages.map(summarize)
    },
    [to.id, size] as const,
  )
  const heard = await to.me.evaluate(
    async (me, [id, last]) => {
      await me.untilMessage(last, 60_000)
      return me.heardFrom(id)
    },
    [from.id, `done ${to.id}`] as const,
  )
  expect(heard).toEqual(sent)
}

const departures = (member: PageMember): Promise<unknown[]> => member.me.evaluate((me) => me.happened('member:leave'))

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
    const { ada, bob } = await joinApart(await setup())
    await Promise.all([ada, bob].map(({ me }) => me.evaluate(({ rules }) => rules.allow(null))))
    await Promise.all([
      ada.me.evaluate((me, id) => me.untilPath(id, 'direct', 20_000), bob.id),
      bob.me.evaluate((me, id) => me.untilPath(id, 'direct', 20_000), ada.id),
    ])
    await exchange(ada, bob, 1_000_000)
    for (const member of [ada, bob]) expect(await departures(member)).toEqual([])
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
    await Promise.all([
      bob.me.evaluate((member, [id, path]) => member.untilPath(id, path), [ada.id, `relayed ${carol.id}`] as const),
      ada.me.evaluate((member, [id, path]) => member.untilPath(id, path), [bob.id, `relayed ${carol.id}`] as const),
    ])
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
    const lost = await ada.me.evaluate(async (me, id) => {
      me.rules.refused.add(id)
      for (const channel of me.rules.channels.get(id) ?? []) channel.close()
      await me.until('relaying', () => me.path(id).startsWith('relayed'))
      return me.path(id)
    }, bob.id)
    expect(lost).toBe(`relayed ${carol.id}`)
    await exchange(ada, bob, 1_000_000)
    await exchange(bob, ada, 1_000_000)
    for (const member of [ada, bob, carol]) expect(await departures(member)).toEqual([])
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
