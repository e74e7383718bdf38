import { expect, describe, it } from 'vitest'
import { others, setup, untilAllDirect, useBrowser } from './support.js'

useBrowser()

describe.each([2, 4, 8])('%i pages', (count) => {
  it('are all linked, and everyone gets what everyone sends to all, intact and in order', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(count)
    await untilAllDirect(members)
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
  })
})

describe('sendTo', () => {
  it('reaches one member alone, in order with what goes to all', async () => {
    const { joinAll } = await setup()
    const [ada, bob, carol] = await joinAll(3)
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
  })
})
