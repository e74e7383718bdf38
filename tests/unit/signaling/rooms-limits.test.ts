import { describe, expect, it } from 'vitest'
import { RoomsWorld, topicOf, type Client } from './rooms-world.js'

const RATE = 4029
const pong = { type: 'pong' } as const

const member = (world: RoomsWorld): Client => {
  const client = world.open().join()
  client.take()
  return client
}

describe('time to join', () => {
  it('S6: is 10 s, then 4010', () => {
    const world = new RoomsWorld()
    const alice = world.open()
    world.advance(9_999)
    expect(alice.closed).toBeNull()
    world.advance(1)
    expect(alice.closed?.code).toBe(4010)
  })

  it('ends with the JOIN', () => {
    const world = new RoomsWorld()
    const alice = world.open()
    world.advance(9_999)
    alice.join()
    world.advance(10_000)
    expect(alice.closed).toBeNull()
  })
})

describe('heartbeat', () => {
  it('S7: pings every 25 s, however busy the client', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let round = 0; round < 4; round++) {
      world.advance(24_999)
      alice.send(pong)
      expect(alice.take()).toEqual([])
      world.advance(1)
      alice.takeOne('ping')
      alice.send(pong)
    }
    expect(alice.closed).toBeNull()
  })

  it('S7: closes with 4002 after 8 s without an answer, and no sooner', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    world.advance(25_000 + 7_999)
    expect(alice.closed).toBeNull()
    world.advance(1)
    expect(alice.closed?.code).toBe(4002)
    expect(world.rooms.counts).toEqual({ connections: 0, members: 0, rooms: 0 })
  })

  it('S7: takes any frame for an answer', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    world.advance(25_000)
    alice.send({ type: 'ask', tried: [] })
    world.advance(8_000)
    expect(alice.closed).toBeNull()
  })

  it('serves each client by its own clock', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    world.advance(10_000)
    const bob = member(world)
    alice.take()
    world.advance(15_000)
    alice.takeOne('ping')
    expect(bob.take()).toEqual([])
    alice.send(pong)
    world.advance(10_000)
    bob.takeOne('ping')
    expect(alice.closed).toBeNull()
  })

  it('survives a timer that comes late, and a clock that goes back', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    world.nowMs += 30_000
    world.step({ type: 'timer' })
    alice.takeOne('ping')
    world.nowMs -= 60_000
    alice.send(pong)
    world.nowMs += 60_000
    world.advance(8_000)
    expect(alice.closed).toBeNull()
  })
})

describe('frames', () => {
  it('S8: lets 200 through at once, closes the next with 4029', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let i = 0; i < 199; i++) alice.send(pong)
    expect(alice.closed).toBeNull()
    alice.send(pong)
    expect(alice.closed?.code).toBe(RATE)
  })

  it('S8: lets 50 a second through for ever', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let second = 0; second < 30; second++) {
      for (let i = 0; i < 50; i++) alice.send(pong)
      world.advance(1_000)
    }
    expect(alice.closed).toBeNull()
    for (let second = 0; second < 30; second++) {
      for (let i = 0; i < 60; i++) alice.send(pong)
      world.advance(1_000)
    }
    expect(alice.closed?.code).toBe(RATE)
  })

  it('S8: weighs an ASK as ten', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let i = 0; i < 19; i++) alice.send({ type: 'ask', tried: [] })
    expect(alice.closed).toBeNull()
    alice.send({ type: 'ask', tried: [] })
    expect(alice.closed?.code).toBe(RATE)
  })

  it('of one client do not count against another', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    const bob = member(world)
    for (let i = 0; i < 300; i++) alice.send(pong)
    expect(alice.closed?.code).toBe(RATE)
    bob.send(pong)
    expect(bob.closed).toBeNull()
  })
})

describe('bytes', () => {
  const flood = (client: Client, frames: number) => {
    const payload = new Uint8Array(60 * 1024)
    for (let i = 0; i < frames; i++) client.send({ type: 'signal', connection: new Uint8Array(16), payload })
  }

  it('S8: lets 1 MiB through at once, closes what exceeds it with 4029', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    flood(alice, 17)
    expect(alice.closed).toBeNull()
    flood(alice, 1)
    expect(alice.closed?.code).toBe(RATE)
  })

  it('S8: lets 128 KiB a second through for ever', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let second = 0; second < 60; second++) {
      flood(alice, 2)
      world.advance(1_000)
      alice.send(pong)
    }
    expect(alice.closed).toBeNull()
  })
})

describe('UPDATE', () => {
  const update = { type: 'update', bot: false, full: false, hello: Uint8Array.of(1) } as const

  it('S8: every 5 s is fine for ever, even when two arrive together', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    for (let i = 0; i < 20; i++) {
      alice.send(update)
      world.advance(5_000)
      alice.send(pong)
    }
    alice.send(update)
    alice.send(update)
    expect(alice.closed).toBeNull()
  })

  it('S8: more often closes with 4029', () => {
    const world = new RoomsWorld()
    const alice = member(world)
    alice.send(update)
    alice.send(update)
    world.advance(4_999)
    expect(alice.closed).toBeNull()
    alice.send(update)
    expect(alice.closed?.code).toBe(RATE)
  })
})

describe('a full room', () => {
  it('S9: takes 1,000 members and closes the next with 4013; others join elsewhere, and there once one has left', () => {
    const world = new RoomsWorld()
    const members = Array.from({ length: 1_000 }, () => world.open().join())
    expect(members.every(({ closed }) => closed === null)).toBe(true)
    expect(world.open().join().closed?.code).toBe(4013)
    expect(world.open().join(topicOf(2)).closed).toBeNull()
    members[500]?.leave()
    expect(world.open().join().closed).toBeNull()
    expect(world.rooms.counts).toEqual({ connections: 1_001, members: 1_001, rooms: 2 })
  })

  it('leaves nothing behind of one that it refused', () => {
    const world = new RoomsWorld({ limits: { members: 1 } })
    const alice = member(world)
    expect(world.open().join().closed?.code).toBe(4013)
    alice.leave()
    expect(world.rooms.counts).toEqual({ connections: 0, members: 0, rooms: 0 })
  })
})

describe('a full server', () => {
  it('S9: closes the connection beyond its limit with 4013, until one has left', () => {
    const world = new RoomsWorld({ limits: { connections: 3 } })
    const [alice] = [world.open(), world.open(), world.open()]
    expect(world.open().closed?.code).toBe(4013)
    alice.leave()
    expect(world.open().closed).toBeNull()
  })

  it('S9: is one of 20,000 by default', () => {
    const world = new RoomsWorld()
    for (let i = 0; i < 20_000; i++) world.step({ type: 'opened', connection: -i - 1 })
    expect(world.rooms.counts.connections).toBe(20_000)
    expect(world.open().closed?.code).toBe(4013)
  })
})
