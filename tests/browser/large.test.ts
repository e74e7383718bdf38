import { expect, describe, it } from 'vitest'
import { muchIsSent } from './scenes.js'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser()

describe('a message of 64 MiB', () => {
  it('arrives intact from page to page, in order with the small ones around it', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(2)
    await untilAllDirect(members)
    await muchIsSent(...members)
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
