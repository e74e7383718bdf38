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

  it.each([0, 100_000, 5_000_000])('cannot send it a file of %i bytes, and both are told', async (size) => {
    const sent = full.sendFile(new Uint8Array(size), { to: other.myId })
    const incoming = await (await nextEvent(other, 'file')).accept()
    await expect(sent).rejects.toMatchObject({ code: 'stream-refused' })
    await expect(incoming.blob()).rejects.toMatchObject({ code: 'transfer-cancelled', reason: 'too many streams' })
  })

  it('can send it a file when one of them is closed', async () => {
    full.channel('channel 0').close()
    const sent = full.sendFile(new Uint8Array(100_000), { to: other.myId })
    const incoming = await (await nextEvent(other, 'file')).accept()
    expect((await incoming.blob()).size).toBe(100_000)
    await sent
  })

  it('cannot write to a duplex with it, and both are told', async () => {
    const opening = other.openDuplex(full.myId)
    const { duplex } = await nextEvent(full, 'duplex:open')
    const theirs = await opening
    const writer = duplex.writable.getWriter()
    await writer.write(new Uint8Array(10))
    await expect(writer.closed).rejects.toMatchObject({ code: 'stream-refused' })
    await expect(theirs.readable.getReader().closed).rejects.toMatchObject({
      code: 'transfer-cancelled',
      reason: 'too many streams',
    })
    await theirs.writable.close()
    await expect(theirs.closed).rejects.toMatchObject({ code: 'transfer-cancelled' })
    await expect(duplex.closed).rejects.toMatchObject({ code: 'stream-refused' })
  })

  it('is seen by its presence', async () => {
    const changed = nextEvent(other, 'presence:change')
    full.presence.set({ isTyping: true })
    expect(await changed).toMatchObject({ id: full.myId, next: { isTyping: true } })
  })
})
