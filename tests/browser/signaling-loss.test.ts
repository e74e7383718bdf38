import { expect, it } from 'vitest'
import { setup, untilAllDirect, untilAllTalk, useBrowser, type PageMember } from './support.js'

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

it('S23: a newcomer is a member for everyone within 5 s of the return of a server that was killed', async () => {
  const { signaling, joinAll, createMember, openPage, key } = await setup()
  const members = await joinAll(3)
  await untilAllDirect(members)
  const page = await openPage()
  const newcomer = await createMember(page)
  await signaling.kill()
  await Promise.all(
    members.map(({ me }) => me.evaluate((m) => m.until('closed', () => m.group.signalingState === 'closed'))),
  )
  // Gone for long enough for the waits between their tries to have grown.
  const tries = (me: PageMember['me']) =>
    me.evaluate((m) =>
      m.until(
        'five tries',
        () => m.events.filter(({ event }) => (event as { next?: string }).next === 'connecting').length > 5,
      ),
    )
  await Promise.all(members.map(({ me }) => tries(me)))
  await signaling.restart()
  const listeningMs = Date.now()
  await newcomer.evaluate(({ group }, groupKey) => group.join(groupKey), key)
  await Promise.all([newcomer, ...members.map(({ me }) => me)].map((me) => me.evaluate((m) => m.untilMembers(4))))
  const tookMs = Date.now() - listeningMs
  process.stderr.write(`signaling restart: a newcomer is here ${String(tookMs)} ms after the server listens\n`)
  expect(tookMs).toBeLessThan(5_000)
  for (const { me, id } of members) {
    expect(await me.evaluate((m) => m.happened('member:leave'))).toEqual([])
    expect(await me.evaluate(({ group }) => group.myId)).toBe(id)
  }
})
