import { expect, describe, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { setup, useBrowser } from './support.js'

useBrowser(launchChromium)

describe('a group in a page', () => {
  it('joins once when it is asked to twice', async () => {
    const { openPage, createMember, key } = await setup()
    const me = await createMember(await openPage())
    const same = await me.evaluate(async ({ group }, groupKey) => {
      const promises = [group.join(groupKey), group.join(groupKey), group.join()]
      await Promise.all(promises)
      return [...promises, group.join(groupKey)].every((promise) => promise === promises[0])
    }, key)
    expect(same).toBe(true)
    expect(await me.evaluate((member) => member.happened('state:change'))).toHaveLength(2)
  })

  it('rejects a join with closed when it is left meanwhile, and nothing stays open', async () => {
    const { openPage, createMember, join, key } = await setup()
    const ada = await join()
    const me = await createMember(await openPage())
    const code = await me.evaluate(async ({ group }, groupKey) => {
      const joining = group.join(groupKey).catch((error: unknown) => error)
      await group.leave()
      return ((await joining) as { code?: string }).code
    }, key)
    expect(code).toBe('closed')
    expect(await me.evaluate(({ group, rules }) => [group.state, group.members.length, rules.open.size])).toEqual([
      'left',
      0,
      0,
    ])
    expect(await ada.me.evaluate(({ group }) => group.members.length)).toBe(1)
  })

  it('joins, leaves and joins in one breath, as a component that is mounted twice does', async () => {
    const { openPage, createMember, join, key } = await setup()
    const ada = await join()
    const page = await openPage()
    const me = await createMember(page)
    await me.evaluate(async ({ group }, groupKey) => {
      void group.join(groupKey)
      void group.leave()
      await group.join(groupKey)
    }, key)
    const bob = { page, me, id: await me.evaluate(({ group }) => group.myId) }
    await Promise.all([ada.me.evaluate((m) => m.untilMembers(2)), me.evaluate((m) => m.untilMembers(2))])
    await me.evaluate(({ group }) => group.send('here'))
    await ada.me.evaluate((m) => m.untilMessage('here'))
    expect(await ada.me.evaluate((m) => m.messages.map(({ from }) => from))).toEqual([bob.id])
  })

  it('is a new member each time that it joins', async () => {
    const { joinAll, key } = await setup()
    const [ada, bob] = await joinAll(2)
    const ids = await bob.me.evaluate(async (me, groupKey) => {
      const all = [me.group.myId]
      for (let i = 0; i < 3; i++) {
        await me.group.leave()
        await me.group.join(groupKey)
        await me.untilMembers(2)
        all.push(me.group.myId)
      }
      await me.group.send('last')
      return all
    }, key)
    expect(new Set(ids).size).toBe(4)
    await ada.me.evaluate((me) => me.untilMessage('last'))
    const told = await ada.me.evaluate((me) =>
      me.events
        .filter(({ name }) => name.startsWith('member:'))
        .map(({ name, event }) => `${name} ${(event as { id: string }).id}`),
    )
    const [first, second, third, fourth] = ids.map((id) => [`member:join ${id}`, `member:leave ${id}`])
    expect(told).toEqual([...(first ?? []), ...(second ?? []), ...(third ?? []), fourth?.[0]])
  })

  it('keeps apart from another in the same page, and may even share its key', async () => {
    const { openPage, createMember, join, key } = await setup()
    const page = await openPage()
    const [one, two, three] = [await createMember(page), await createMember(page), await createMember(page)]
    const outside = await join()
    await Promise.all([one, two].map((me) => me.evaluate(({ group }, groupKey) => group.join(groupKey), key)))
    await three.evaluate(({ group }) => group.join())
    await Promise.all([one, two].map((me) => me.evaluate((member) => member.untilMembers(3))))
    await outside.me.evaluate(async (me) => {
      await me.untilMembers(3)
      await me.group.send('to both')
    })
    await one.evaluate(({ group }) => group.send('to my twin'))
    await Promise.all([one, two].map((me) => me.evaluate((member) => member.untilMessage('to both'))))
    await two.evaluate((member) => member.untilMessage('to my twin'))
    expect(await three.evaluate(({ group, messages }) => [group.members.length, messages.length])).toEqual([1, 0])
  })
})
