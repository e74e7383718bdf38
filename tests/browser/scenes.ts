/** What members in pages go through, in whichever browsers their pages are; each scene expects its end. */
import { expect } from 'vitest'
import type { TestPage } from './firefox-page.js'
import { others, untilAllDirect, type AnyMember, type BrowserName, type World } from './support.js'

/** Everyone gets what everyone sends to all, intact and in order, whatever it is. */
export const everyoneTalks = async (members: readonly AnyMember[]): Promise<void> => {
  const sent = await Promise.all(
    members.map(({ me, id }) =>
      me.evaluate(async (member, name) => {
        const { createBytes, summarize } = window.harness
        const messages = [
          `hello, I am ${name} 🪿`,
          '',
          new Uint8Array(),
          createBytes(1, name.charCodeAt(0)),
          'é'.repeat(100_000),
          createBytes(200_000, name.charCodeAt(1)),
          `bye from ${name}`,
        ]
        for (const data of messages) await member.group.send(data)
        return messages.map(summarize)
      }, id),
    ),
  )
  const sentBy = new Map(members.map(({ id }, index) => [id, sent[index]]))
  for (const member of members) {
    const heard = await member.me.evaluate(
      async (me, ids) => {
        for (const id of ids) await me.untilMessage(`bye from ${id}`)
        return Object.fromEntries(ids.map((id) => [id, me.heardFrom(id)]))
      },
      others(members, member),
    )
    expect(heard).toEqual(Object.fromEntries(others(members, member).map((id) => [id, sentBy.get(id)])))
    expect(await member.me.evaluate((me) => me.happened('error'))).toEqual([])
  }
}

/** What Ada sends to Bob alone reaches him alone, in order with what goes to all. */
export const oneIsTold = async ([ada, bob, carol]: readonly [AnyMember, AnyMember, AnyMember]): Promise<void> => {
  await ada.me.evaluate(async ({ group }, to) => {
    await group.send('one')
    await group.sendTo(to, 'two')
    await group.send('three')
  }, bob.id)
  const heard = [bob, carol].map(({ me }) =>
    me.evaluate(async (member) => {
      await member.untilMessage('three')
      return member.messages.map(({ to, summary }) => `${summary} to ${to}`)
    }),
  )
  expect(await Promise.all(heard)).toEqual([
    ['one to all', 'two to me', 'three to all'],
    ['one to all', 'three to all'],
  ])
}

/** 64 MiB arrive intact, in order with the small messages around them. */
export const muchIsSent = async (from: AnyMember, to: AnyMember): Promise<void> => {
  const sent = await from.me.evaluate(async ({ group }) => {
    const { createBytes, summarize } = window.harness
    const messages = ['before', createBytes(64 * 2 ** 20, 7), 'after', new Uint8Array([1, 2, 3]), 'end']
    for (const data of messages) await group.send(data)
    return messages.map(summarize)
  })
  const heard = await to.me.evaluate(async (me, id) => {
    await me.untilMessage('end', 60_000)
    return me.heardFrom(id)
  }, from.id)
  expect(heard).toEqual(sent)
}

/** A text, this many bytes and a text go from one to the other alone. */
export const exchange = async (from: AnyMember, to: AnyMember, size: number): Promise<void> => {
  const earlier = await to.me.evaluate((me, id) => me.heardFrom(id).length, from.id)
  const sent = await from.me.evaluate(
    async ({ group }, [id, bytes]) => {
      const { createBytes, summarize } = window.harness
      const messages = [`to ${id}`, createBytes(bytes, bytes), `done with ${bytes} to ${id}`]
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
    [from.id, `done with ${size} to ${to.id}`] as const,
  )
  expect(heard.slice(earlier)).toEqual(sent)
}

interface Apart {
  readonly ada: AnyMember
  readonly bob: AnyMember
  readonly carol: AnyMember
}

/** Ada and Bob have only Carol that WebRTC connects them with. Each has a page of the browser named. */
export const joinApart = async (
  { join, openPageIn }: World,
  names: { readonly [name in keyof Apart]?: BrowserName } = {},
): Promise<Apart> => {
  const openFor = (name: keyof Apart): Promise<TestPage> => openPageIn(names[name] ?? 'chromium')
  const carol = await join({}, await openFor('carol'))
  const joinBy = async (name: keyof Apart): Promise<AnyMember> => join({ only: [carol.id] }, await openFor(name))
  const [ada, bob] = await Promise.all([joinBy('ada'), joinBy('bob')])
  await untilRelayed([ada, bob], carol)
  return { ada, bob, carol }
}

/** Both reach each other through this relay. */
export const untilRelayed = async ([one, other]: readonly [AnyMember, AnyMember], by: AnyMember): Promise<void> => {
  const path = `relayed ${by.id}`
  await Promise.all([
    one.me.evaluate((me, [id, expected]) => me.untilPath(id, expected), [other.id, path] as const),
    other.me.evaluate((me, [id, expected]) => me.untilPath(id, expected), [one.id, path] as const),
  ])
}

/** Ada and Bob, whom only a rule keeps apart, are linked once it is gone. */
export const becomeDirect = async ({ ada, bob }: Apart): Promise<void> => {
  await Promise.all([ada, bob].map(({ me }) => me.evaluate(({ rules }) => rules.allow(null))))
  await untilAllDirect([ada, bob])
  await exchange(ada, bob, 1_000_000)
  await exchange(bob, ada, 1_000_000)
  for (const member of [ada, bob]) expect(await departures(member)).toEqual([])
}

/** The link from one to another is gone and cannot be made again: both stay members, and talk through the third. */
export const loseLink = async (from: AnyMember, to: AnyMember, relay: AnyMember): Promise<void> => {
  const lost = await from.me.evaluate(async (me, id) => {
    me.rules.refused.add(id)
    for (const channel of me.rules.channels.get(id) ?? []) channel.close()
    await me.until('relaying', () => me.path(id).startsWith('relayed'))
    return me.path(id)
  }, to.id)
  expect(lost).toBe(`relayed ${relay.id}`)
  await exchange(from, to, 1_000_000)
  await exchange(to, from, 1_000_000)
  for (const member of [from, to, relay]) expect(await departures(member)).toEqual([])
}

export const departures = (member: AnyMember): Promise<unknown[]> =>
  member.me.evaluate((me) => me.happened('member:leave'))

/** How the departure of this member was told, and when. */
export const departure = (witness: AnyMember, id: string, ms: number): Promise<{ reason: string; atMs: number }> =>
  witness.me.evaluate(
    async (me, [gone, limit]) => {
      const find = () =>
        me.events.find(({ name, event }) => name === 'member:leave' && (event as { id: string }).id === gone)
      await me.until(`the departure of ${gone}`, () => find() !== undefined, limit)
      const found = find() as { event: { reason: string }; atMs: number }
      return { reason: found.event.reason, atMs: found.atMs }
    },
    [id, ms] as const,
  )

/** What ends a page, by what it is called in the names of tests. */
export const endings = [
  ['is closed', (member: AnyMember) => member.page.close()],
  ['goes elsewhere', (member: AnyMember) => member.page.goto('about:blank')],
  ['is loaded anew', (member: AnyMember) => member.page.reload()],
] as const

/** All others are told within a second that this member said goodbye, when its page ends in this way. */
export const leavesAtOnce = async (
  leaver: AnyMember,
  witnesses: readonly AnyMember[],
  end: (member: AnyMember) => Promise<unknown>,
): Promise<void> => {
  const beganMs = Date.now()
  await end(leaver)
  for (const witness of witnesses) {
    const { reason, atMs } = await departure(witness, leaver.id, 15_000)
    expect({ reason, withinMs: atMs - beganMs < 1_000 }).toEqual({ reason: 'goodbye', withinMs: true })
  }
}

/** A message of 64 MiB is under way from one to the other: some megabytes are there and most is still to come. */
export const beginMuch = async (from: AnyMember, to: AnyMember): Promise<void> => {
  await from.me.evaluate(({ group }, id) => {
    void group.sendTo(id, window.harness.createBytes(64 * 2 ** 20, 1))
  }, to.id)
  const received = (): Promise<number> => to.me.evaluate(({ group }) => group.stats().totals?.bytesReceived ?? 0)
  await expect.poll(received, { interval: 20, timeout: 20_000 }).toBeGreaterThan(4 * 2 ** 20)
}
