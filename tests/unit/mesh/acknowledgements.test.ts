import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import type { MemberRecord } from '../../../sdk/protocol/records.js'
import { unpack } from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const isAck = ({ type }: MemberRecord): boolean => type === 'ack'

const isPiece = ({ type }: MemberRecord): boolean => type === 'all' || type === 'one'

/** Two members, and the frames that the second writes from now on, with when. */
const setup = () => {
  const world = MeshWorld.joined(['ada', 'bob'])
  const [ada, bob] = world.members as [TestMember, TestMember]
  const beganMs = world.nowMs
  const frames: { readonly atMs: number; readonly records: readonly MemberRecord[] }[] = []
  bob.tamper = (frame) => {
    if (frame[0] === FRAME.PACK) frames.push({ atMs: world.nowMs - beganMs, records: unpack(frame) })
    return [frame]
  }
  const acks = () => frames.filter(({ records }) => records.some(isAck))
  return { world, ada, bob, acks }
}

describe('an acknowledgement', () => {
  it('P7: goes with the next message the other way, and not by itself', () => {
    const { world, ada, bob, acks } = setup()
    ada.send('there')
    world.run(10)
    expect([bob.texts, acks()]).toEqual([['there'], []])
    bob.send('and back')
    world.run(500)
    expect(acks().map(({ atMs, records }) => [atMs, records.some(isPiece)])).toEqual([[10, true]])
  })

  it('P7: goes after 25 ms where nothing else does', () => {
    const { world, ada, acks } = setup()
    ada.sendBytes(new Uint8Array(200_000))
    world.run(500)
    expect(acks().map(({ atMs }) => atMs)).toEqual([26])
  })

  it('P7: goes at once after 256 KiB', () => {
    const { world, ada, acks } = setup()
    ada.sendBytes(new Uint8Array(300_000))
    world.run(500)
    expect(acks().map(({ atMs }) => atMs)).toEqual([1])
  })
})
