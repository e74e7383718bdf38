import { describe, expect, it } from 'vitest'
import { broadcastSigned, decodeBroadcast, encodeBroadcast } from '../../sdk/protocol/broadcast-frame.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeRecord, type MemberRecord } from '../../sdk/protocol/records.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { chunk, PaperMember, setupGroup, watchHonest } from '../support/mesh-villain.js'
import type { MeshWorld, TestMember } from '../support/mesh-world.js'

interface Fields {
  readonly count: number
  readonly fanout?: number
  readonly records?: readonly MemberRecord[]
  /** Who signs it; the author unless said. */
  readonly signer?: TestMember
}

/** BCAST in a member's name. */
const broadcastOf = (world: MeshWorld, author: TestMember, fields: Fields): Uint8Array => {
  const records = concatBytes(...(fields.records ?? [chunk({ number: 1 })]).map(encodeRecord))
  const signed = { fanout: fields.fanout ?? 0, author: author.engine.idBytes, count: fields.count, records }
  const { secretKey } = (fields.signer ?? author).identity
  const body = broadcastSigned(world.keys.topic, signed)
  return encodeBroadcast(signed, world.suite.sign(secretKey, 'bcast-batch', body))
}

describe('a neighbor that sends broadcasts', () => {
  it('T1: in the name of another loses its link, and nothing is delivered', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    mallory.inject(ada, broadcastOf(world, bob, { count: 0, signer: mallory }))
    world.run(10)
    expect(link.state).toBe('closed')
    expect(ada.received).toEqual([])
    check()
  })

  it('T1: whose bytes were changed on the way loses its link', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const frame = broadcastOf(world, bob, { count: 0 })
    for (const at of [2, 3, 19, 27, 91, frame.length - 1]) {
      if (!ada.hasLink(mallory)) world.runUntil(() => ada.hasLink(mallory))
      world.run(3_000)
      const link = ada.link(mallory)
      const changed = frame.slice()
      changed[at] = (changed[at] as number) ^ 1
      mallory.inject(ada, changed)
      world.run(10)
      // Of a member that nobody knows, it could be genuine.
      expect([at, link.state]).toEqual([at, at === 3 ? 'open' : 'closed'])
      expect(ada.received).toEqual([])
    }
  })

  it('T1: of members that nobody knows is not heard', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const stranger = new PaperMember(world)
    const frame = broadcastOf(world, mallory, { count: 0 })
    frame.set(stranger.id, 3)
    for (let count = 0; count < 50; count++) mallory.inject(ada, frame)
    world.run(10)
    expect(ada.link(mallory).state).toBe('open')
    expect(ada.received).toEqual([])
    check()
  })

  it('T2: again and again is heard once', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const frame = broadcastOf(world, mallory, { count: 5 })
    let verified = 0
    const verify = world.suite.verify.bind(world.suite)
    for (let again = 0; again < 20; again++) mallory.inject(ada, frame)
    mallory.inject(ada, broadcastOf(world, mallory, { count: 5, records: [chunk({ number: 2 })] }))
    world.suite.verify = (...args) => {
      verified++
      return verify(...args)
    }
    world.run(10)
    world.suite.verify = verify
    expect(ada.received.length).toBe(1)
    expect(verified).toBeLessThanOrEqual(1)
    check()
  })

  it('T9: with records that are not for all is dropped as a member', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    mallory.inject(ada, broadcastOf(world, mallory, { count: 0, records: [{ type: 'ping', id: 1 }] }))
    world.run(10)
    expect(ada.left).toEqual([mallory.id])
    check()
  })

  it('T9: of which another is the author is not blamed for what is in them', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const link = ada.link(mallory)
    mallory.inject(ada, broadcastOf(world, bob, { count: 0, records: [{ type: 'use' }] }))
    world.run(10)
    expect(link.state).toBe('open')
    expect(ada.left).toEqual([bob.id])
  })

  it('L8: that are too short, or empty, loses its link', () => {
    for (const size of [1, 20, 90, 91]) {
      const { world, ada, bob, mallory } = setupGroup()
      const check = watchHonest(world, ada, bob)
      const link = ada.link(mallory)
      mallory.inject(ada, new Uint8Array(size).fill(FRAME.BCAST, 0, 1))
      world.run(10)
      expect(link.state).toBe('closed')
      check()
    }
  })

  it('T5: of any other fanout than there are loses its link, before anybody looks at who signed it', () => {
    for (const fanout of [1, 2, 3, 5, 255]) {
      const { world, ada, bob, mallory } = setupGroup()
      const check = watchHonest(world, ada, bob)
      const link = ada.link(mallory)
      mallory.inject(ada, broadcastOf(world, mallory, { count: 0, fanout }))
      world.run(10)
      expect(link.state).toBe('closed')
      expect(ada.received).toEqual([])
      check()
    }
  })

  it('T3: has them passed on in no direction but down the tree', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const passed: number[] = []
    for (const member of [ada, bob]) {
      member.tamper = (frame) => {
        if (frame[0] === FRAME.BCAST) passed.push(decodeBroadcast(frame).hops)
        return [frame]
      }
    }
    // All are linked with mallory: nobody has anyone to pass it on to.
    for (let count = 0; count < 20; count++) mallory.inject(ada, broadcastOf(world, mallory, { count, fanout: 4 }))
    world.run(100)
    expect(passed).toEqual([])
  })
})
