import type { TestHandle } from './firefox-page.js'
import type { Colour, Viewer } from './page/media.js'
import type { AnyMember } from './support.js'

/** What this member, the newest of its page, sees and shows. */
export const view = ({ page }: AnyMember): Promise<TestHandle<Viewer>> =>
  page.evaluateHandle(() => {
    const { me, Viewer } = window.harness
    if (me === null) throw new Error('there is no member in this page')
    return (window.harness.viewer = new Viewer(me.group))
  })

/** One shows a colour and the other sees it. */
export const colourIsSeen = async (from: TestHandle<Viewer>, to: TestHandle<Viewer>, colour: Colour): Promise<void> => {
  await from.evaluate((me, shown) => me.show(shown), colour)
  await to.evaluate(async (me, expected) => me.untilColour((await me.nth('stream:add', 1)).stream, expected), colour)
}
