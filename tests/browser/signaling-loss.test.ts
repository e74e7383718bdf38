import { expect, it } from 'vitest'
import { setup, untilAllDirect, untilAllTalk, useBrowser } from './support.js'

useBrowser()

it('a group talks on when the signaling server is killed, and takes in newcomers when it is back', async () => {
  const { signaling, joinAll, join } = await setup()
  const members = await joinAll(3)
  await untilAllDirect(members)
  await signaling.kill()
  await Promise.all(
    members.map(({ me }) => me.evaluate((m) => m.until('closed', () => m.group.signalingState === 'closed'))),
  )
  await untilAllTalk(members, 'without a server')
  for (const { me } of members) {
    expect(await me.evaluate(({ group }) => [group.state, group.members.length])).toEqual(['joined', 3])
  }

  await signaling.restart()
  await Promise.all(
    members.map(({ me }) => me.evaluate((m) => m.until('open', () => m.group.signalingState === 'open'))),
  )
  const everyone = [...members, await join()]
  await untilAllDirect(everyone)
  await untilAllTalk(everyone, 'together')
  for (const { me } of members) expect(await me.evaluate((m) => m.happened('member:leave'))).toEqual([])
})
