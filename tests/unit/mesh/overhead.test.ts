import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeRecord } from '../../../sdk/protocol/records.js'
import { unpack } from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const size = 64

const setup = (): { world: MeshWorld; ada: TestMember; bob: TestMember; cyd: TestMember } => {
  const world = MeshWorld.joined(['ada', 'bob', 'cyd'])
  const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
  return { world, ada, bob, cyd }
}

/** Far enough for numbers of two bytes. */
const warmUp = (world: MeshWorld, ada: TestMember, to: TestMember): void => {
  for (let i = 0; i < 200; i++) {
    ada.sendBytes(new Uint8Array(size), to)
    ada.sendBytes(new Uint8Array(size))
  }
  world.run(1_000)
}

/** Frames of this code that a member writes while one message is sent and acknowledged. */
const framesOf = (world: MeshWorld, writer: TestMember, code: number, send: () => void): Uint8Array[] => {
  const frames: Uint8Array[] = []
  writer.tamper = (frame) => {
    if (frame[0] === code) frames.push(frame)
    return [frame]
  }
  send()
  world.run(100)
  writer.tamper = null
  return frames
}

describe('a message of 64 bytes', () => {
  it.each<['one' | 'all']>([['one'], ['all']])('to %s takes at most 16 bytes more on a link, beside acks', (to) => {
    const { world, ada, bob } = setup()
    warmUp(world, ada, bob)
    const frames = framesOf(world, ada, FRAME.PACK, () => {
      ada.sendBytes(new Uint8Array(size), to === 'one' ? bob : 'all')
    })
    const carrying = frames.filter((frame) => unpack(frame).some(({ type }) => type === to))
    expect(carrying).toHaveLength(to === 'one' ? 1 : 2)
    for (const frame of carrying) {
      const acks = unpack(frame).filter(({ type }) => type === 'ack')
      const acked = acks.reduce((sum, ack) => sum + encodeRecord(ack).length, 0)
      expect(frame.length - acked - size).toBeLessThanOrEqual(16)
    }
  })

  it('is acknowledged with at most 24 bytes when nothing goes that way', () => {
    const { world, ada, bob } = setup()
    warmUp(world, ada, bob)
    const frames = framesOf(world, bob, FRAME.PACK, () => {
      ada.sendBytes(new Uint8Array(size), bob)
    })
    const acks = frames.filter((frame) => unpack(frame).some(({ type }) => type === 'ack'))
    expect(acks).toHaveLength(1)
    expect(acks[0]?.length).toBeLessThanOrEqual(24)
  })

  it('takes at most 96 bytes more through a relay, on both of its links', () => {
    const { world, ada, bob, cyd } = setup()
    world.refuse(ada, cyd)
    world.run(1_000)
    expect(ada.engine.peer(cyd.id)?.path).toEqual({ kind: 'relayed', via: [bob.id] })
    warmUp(world, ada, cyd)
    for (const writer of [ada, bob]) {
      const frames = framesOf(world, writer, FRAME.RLY, () => {
        ada.sendBytes(new Uint8Array(size), cyd)
      })
      // An acknowledgement goes back through bob by itself.
      const carrying = frames.filter(({ length }) => length > size + 48)
      expect(carrying.length).toBeGreaterThan(0)
      const longest = Math.max(...carrying.map(({ length }) => length))
      expect(longest - size).toBeLessThanOrEqual(96)
    }
  })
})
