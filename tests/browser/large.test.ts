import { expect, describe, it } from 'vitest'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser()

describe('a message of 64 MiB', () => {
  it('arrives intact from page to page, in order with the small ones around it', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(2)
    await untilAllDirect(members)
    const [ada, bob] = members
    const sent = await ada.me.evaluate(async ({ group }) => {
      const { createBytes, summarize } = window.harness
      const messages = ['before', createBytes(64 * 2 ** 20, 7), 'after', new Uint8Array([1, 2, 3]), 'end']
      for (const data of messages) await group.send(data)
      return messages.map(summarize)
    })
    const heard = await bob.me.evaluate(async (me, id) => {
      await me.untilMessage('end', 60_000)
      return me.heardFrom(id)
    }, ada.id)
    expect(heard).toEqual(sent)
  })

  it('is refused with message-too-large one byte beyond, and the group goes on', async () => {
    const { joinAll } = await setup()
    const [ada, bob] = await joinAll(2)
    const code = await ada.me.evaluate(async ({ group }) => {
      const outcome: unknown = await group.send(new Uint8Array(64 * 2 ** 20 + 1)).catch((error: unknown) => error)
      await group.send('small')
      return outcome instanceof window.harness.skein.SkeinError ? outcome.code : String(outcome)
    })
    expect(code).toBe('message-too-large')
    await bob.me.evaluate((me) => me.untilMessage('small'))
  })
})
