import { beforeEach, describe, expect, it } from 'vitest'
import type { WebGroup } from '../../../sdk/group/index.js'
import { nextEvent, setupMembers } from './setup.js'

/** As many streams as another member takes. */
const fill = async (from: WebGroup, to: WebGroup): Promise<void> => {
  for (let i = 0; i < 256; i++) await from.channel(`channel ${String(i)}`).send(i, { to: to.myId })
  await from.channel('channel 255').send('last', { to: to.myId, confirm: true })
}

describe('a member that has 256 channels open towards another', () => {
  let full: WebGroup
  let other: WebGroup

  beforeEach(async () => {
    const { members } = await setupMembers(2)
    ;[full, other] = members
    await fill(full, other)
  })

  it('accepts a file from it', async () => {
    const sent = other.sendFile(new Uint8Array(100_000), { to: full.myId })
    const incoming = await (await nextEvent(full, 'file')).accept()
    expect((await incoming.blob()).size).toBe(100_000)
    expect((await sent).delivered).toEqual([full.myId])
  })

  it('declines a file from it', async () => {
    const sent = other.sendFile(new Uint8Array(10), { to: full.myId })
    ;(await nextEvent(full, 'file')).reject('no')
    await expect(sent).rejects.toMatchObject({ code: 'file-declined', reason: 'no' })
  })

  it('is seen by its presence', async () => {
    const changed = nextEvent(other, 'presence:change')
    full.presence.set({ isTyping: true })
    expect(await changed).toMatchObject({ id: full.myId, next: { isTyping: true } })
  })
})
