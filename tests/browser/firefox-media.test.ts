/** Media between stock Firefox and Chromium, each way. */
import { describe, expect, it } from 'vitest'
import { colourIsSeen, view } from './media-scenes.js'
import { setup, untilAllDirect, useBothBrowsers } from './support.js'

useBothBrowsers()

describe('a page of Firefox and one of Chromium', () => {
  it('see what the other shows, and what both add at once', async () => {
    const { joinIn } = await setup()
    const [fox, chrome] = await joinIn('firefox', 'chromium')
    await untilAllDirect([fox, chrome])
    const [atFox, atChrome] = [await view(fox), await view(chrome)]
    await Promise.all([colourIsSeen(atFox, atChrome, 'red'), colourIsSeen(atChrome, atFox, 'blue')])
    // One more each, at once: the link has no slots for them yet.
    for (const viewer of [atFox, atChrome]) await viewer.evaluate((me) => me.show('green'))
    for (const viewer of [atFox, atChrome]) {
      await viewer.evaluate(async (me) => me.untilColour((await me.nth('stream:add', 2)).stream, 'green'))
      expect(await viewer.evaluate((me) => me.names())).toEqual(['stream:add', 'stream:add'])
    }
  })
})
