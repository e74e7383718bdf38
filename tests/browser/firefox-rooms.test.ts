/** Files, channels, presence and duplexes between stock Firefox and Chromium, each way. */
import { describe, expect, it } from 'vitest'
import { askIsAnswered, duplexEchoes, filesAreSwapped, newestArrives, presenceIsSeen } from './room-scenes.js'
import { setup, untilAllDirect, useBothBrowsers, type AnyMember } from './support.js'

useBothBrowsers()

const MEBIBYTE = 1_048_576

const joinBoth = async (): Promise<{ there: [AnyMember, AnyMember]; back: [AnyMember, AnyMember] }> => {
  const { joinIn } = await setup()
  const [fox, chrome] = await joinIn('firefox', 'chromium')
  await untilAllDirect([fox, chrome])
  const agents = await Promise.all([fox, chrome].map(({ me }) => me.evaluate(() => navigator.userAgent)))
  expect(agents.map((agent) => agent.includes('Firefox'))).toEqual([true, false])
  return { there: [fox, chrome], back: [chrome, fox] }
}

describe('a page of Firefox and one of Chromium', () => {
  it('send each other files of 8 MiB at the same time, whole to the last byte', async () => {
    const { there } = await joinBoth()
    await filesAreSwapped(there, 8 * MEBIBYTE)
  })

  it('ask each other, and are answered', async () => {
    const { there, back } = await joinBoth()
    await askIsAnswered(there)
    await askIsAnswered(back)
  })

  it('see each other where they are', async () => {
    const { there, back } = await joinBoth()
    await presenceIsSeen(there)
    await presenceIsSeen(back)
  })

  it('share duplexes that either has opened', async () => {
    const { there, back } = await joinBoth()
    await duplexEchoes(there, 3 * MEBIBYTE + 11)
    await duplexEchoes(back, 3 * MEBIBYTE + 11)
  })

  it('get the newest value of a channel that loses values rather than wait', async () => {
    const { there, back } = await joinBoth()
    await newestArrives(there)
    await newestArrives(back)
  })
})
