import { describe, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { everyoneTalks, oneIsTold } from './scenes.js'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser(launchChromium)

describe.each([2, 4, 8])('%i pages', (count) => {
  it('are all linked, and everyone gets what everyone sends to all, intact and in order', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(count)
    await untilAllDirect(members)
    await everyoneTalks(members)
  })
})

describe('sendTo', () => {
  it('reaches one member alone, in order with what goes to all', async () => {
    const { joinAll } = await setup()
    await oneIsTold(await joinAll(3))
  })
})
