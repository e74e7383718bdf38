import { describe, expect, it } from 'vitest'
import { Rooms } from '../../../signaling/rooms.js'
import { RoomsWorld, connectionOf, helloOf, seededRandom, topicOf, type Client } from './rooms-world.js'

const PROTOCOL_ERROR = 4000

const introduced = (frame: { introductions: readonly { hello: Uint8Array }[] }) =>
  frame.introductions.map(({ hello }) => connectionOf(hello))

/** A room of `size` members, with nothing left unread. */
const roomOf = (world: RoomsWorld, size: number, options: { bot?: boolean; full?: boolean } = {}): Client[] => {
  const clients = Array.from({ length: size }, () => world.open().join(topicOf(1), options))
  for (const client of clients) client.take()
  return clients
}

describe('joining', () => {
  it('welcomes the first to an empty room', () => {
    const alice = new RoomsWorld().open().join()
    expect(alice.takeOne('welcome')).toMatchObject({ empty: true, introductions: [] })
    expect([...alice.id.subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('introduces the second to the first, both ways', () => {
    const world = new RoomsWorld()
    const alice = world.open().join()
    alice.take()
    const bob = world.open().join(topicOf(1), { bot: true })
    expect(bob.takeOne('welcome')).toMatchObject({
      empty: false,
      introductions: [{ connection: alice.id, bot: false, full: false, hello: helloOf(1) }],
    })
    expect(alice.takeOne('introduced')).toEqual({
      type: 'introduced',
      connection: bob.id,
      bot: true,
      full: false,
      hello: helloOf(2),
    })
  })

  it('S15: gives every connection an id of its own', () => {
    const clients = roomOf(new RoomsWorld(), 50)
    expect(new Set(clients.map(({ id }) => Buffer.from(id).toString('hex'))).size).toBe(50)
  })

  it('S14: introduces three different members and tells them, and nobody else', () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = new RoomsWorld({ seed })
      const members = roomOf(world, 20)
      const welcome = world.open().join().takeOne('welcome')
      const chosen = introduced(welcome)
      expect(new Set(chosen).size).toBe(3)
      for (const member of members) {
        expect(member.take().map(({ type }) => type)).toEqual(chosen.includes(member.connection) ? ['introduced'] : [])
      }
    }
  })

  it('picks every member now and then', () => {
    const seen = new Set<number>()
    for (let seed = 0; seed < 60; seed++) {
      const world = new RoomsWorld({ seed })
      roomOf(world, 8)
      for (const connection of introduced(world.open().join().takeOne('welcome'))) seen.add(connection)
    }
    expect(seen.size).toBe(8)
  })

  it('S14: introduces bots first, then others', () => {
    const world = new RoomsWorld()
    roomOf(world, 10)
    const bots = roomOf(world, 2, { bot: true }).map(({ connection }) => connection)
    const chosen = introduced(world.open().join().takeOne('welcome'))
    expect(chosen).toHaveLength(3)
    expect(new Set(chosen.slice(0, 2))).toEqual(new Set(bots))
  })

  it('S14: introduces no member that is full, bot or not', () => {
    const world = new RoomsWorld()
    roomOf(world, 5, { full: true })
    roomOf(world, 2, { bot: true, full: true })
    expect(world.open().join().takeOne('welcome')).toMatchObject({ empty: false, introductions: [] })
    const [free] = roomOf(world, 1)
    expect(introduced(world.open().join().takeOne('welcome'))).toContain(free?.connection)
  })

  it('keeps rooms apart', () => {
    const world = new RoomsWorld()
    world.open().join(topicOf(1))
    expect(world.open().join(topicOf(2)).takeOne('welcome')).toMatchObject({ empty: true })
    expect(world.rooms.counts).toEqual({ connections: 2, members: 2, rooms: 2 })
  })

  it('S14: costs the same in a room of a thousand as in a room of four', () => {
    const cost = (size: number) => {
      const source = seededRandom(1)
      let drawn = 0
      const world = new RoomsWorld({
        random: (bytes) => {
          drawn += bytes
          return source(bytes)
        },
      })
      roomOf(world, size)
      const before = { sent: world.sent, drawn }
      world.open().join()
      return { sent: world.sent - before.sent, drawn: drawn - before.drawn }
    }
    expect(cost(999)).toEqual(cost(4))
    expect(cost(999).sent).toBe(4)
  })

  it('S3: closes a second JOIN with 4000', () => {
    const alice = new RoomsWorld().open().join().join()
    expect(alice.closed?.code).toBe(PROTOCOL_ERROR)
  })

  it('S5: closes another version with 4014, whatever follows it', () => {
    const world = new RoomsWorld()
    const alice = world.open()
    alice.sendBytes(Uint8Array.of(1, 2, 99))
    expect(alice.closed).toEqual({ code: 4014, reason: 'version 2 is not 1' })
    expect(world.rooms.counts.connections).toBe(0)
  })

  it('keeps its own copy of a hello', () => {
    const world = new RoomsWorld()
    const bytes = Buffer.from([1, 1, ...topicOf(1), 0, 2, 0, 1])
    world.open().sendBytes(bytes)
    bytes.fill(0xff)
    expect(introduced(world.open().join().takeOne('welcome'))).toEqual([1])
  })
})

describe('frames out of turn', () => {
  it.each([
    { type: 'signal' as const, connection: new Uint8Array(16), payload: Uint8Array.of(1) },
    { type: 'ask' as const, tried: [] },
    { type: 'update' as const, bot: false, full: false, hello: Uint8Array.of(1) },
    { type: 'pong' as const },
  ])('S3: closes a $type before JOIN with 4000', (frame) => {
    const alice = new RoomsWorld().open()
    alice.send(frame)
    expect(alice.closed?.code).toBe(PROTOCOL_ERROR)
  })

  it('S3, S11: closes garbage with 4000, alone', () => {
    const world = new RoomsWorld()
    const [alice, bob] = roomOf(world, 2)
    alice?.sendBytes(Uint8Array.of(0xee))
    expect(alice?.closed).toEqual({ code: PROTOCOL_ERROR, reason: 'unknown type 238' })
    expect(bob?.closed).toBeNull()
    expect(bob?.take()).toEqual([])
    expect(world.rooms.counts).toEqual({ connections: 1, members: 1, rooms: 1 })
  })

  it('S4: closes a frame beyond 64 KiB with 4009, and one of 64 KiB for what is in it', () => {
    const world = new RoomsWorld()
    const [alice, bob] = roomOf(world, 2)
    alice?.sendBytes(new Uint8Array(65_537))
    expect(alice?.closed?.code).toBe(4009)
    bob?.sendBytes(new Uint8Array(65_536))
    expect(bob?.closed?.code).toBe(PROTOCOL_ERROR)
  })

  it('ignores what a closed or unknown connection still sends', () => {
    const world = new RoomsWorld()
    const alice = world.open().join().join()
    alice.sendBytes(Uint8Array.of(0xee))
    alice.leave()
    world.step({ type: 'bytes', connection: 77, bytes: Uint8Array.of(5) })
    world.step({ type: 'closed', connection: 77 })
    expect(world.rooms.counts.connections).toBe(0)
  })

  it('ignores a connection that is opened twice', () => {
    const world = new RoomsWorld()
    const alice = world.open().join()
    world.step({ type: 'opened', connection: alice.connection })
    alice.send({ type: 'pong' })
    expect(alice.closed).toBeNull()
  })
})

describe('SIGNAL', () => {
  it('S16: reaches its destination alone, with the sender named', () => {
    const world = new RoomsWorld()
    const [alice, bob, charlie] = roomOf(world, 3) as [Client, Client, Client]
    const payload = Uint8Array.of(1, 2, 3)
    alice.send({ type: 'signal', connection: bob.id, payload })
    expect(bob.takeOne('signal')).toEqual({ type: 'signal', connection: alice.id, payload })
    expect([...alice.take(), ...charlie.take()]).toEqual([])
  })

  it('S16: to a member of another room is answered as if there were no such member', () => {
    const world = new RoomsWorld()
    const alice = world.open().join(topicOf(1))
    const mallory = world.open().join(topicOf(2))
    alice.take()
    mallory.take()
    mallory.send({ type: 'signal', connection: alice.id, payload: Uint8Array.of(1) })
    expect(mallory.takeOne('gone').connection).toEqual(alice.id)
    expect(alice.take()).toEqual([])
  })

  it('S17: to one that has left is answered by GONE', () => {
    const world = new RoomsWorld()
    const [alice, bob] = roomOf(world, 2) as [Client, Client]
    bob.leave()
    alice.send({ type: 'signal', connection: bob.id, payload: Uint8Array.of(1) })
    expect(alice.takeOne('gone').connection).toEqual(bob.id)
  })

  it('S17: to nobody is answered at most 20 times at once and then 5 times a second', () => {
    const world = new RoomsWorld()
    const [alice] = roomOf(world, 1) as [Client]
    const signal = () => alice.send({ type: 'signal', connection: new Uint8Array(16), payload: Uint8Array.of(1) })
    for (let i = 0; i < 30; i++) signal()
    expect(alice.take()).toHaveLength(20)
    world.advance(1_000)
    for (let i = 0; i < 30; i++) signal()
    expect(alice.take()).toHaveLength(5)
    expect(alice.closed).toBeNull()
  })
})

describe('ASK', () => {
  it('S18: with nothing tried introduces one other member', () => {
    const world = new RoomsWorld()
    const members = roomOf(world, 6) as [Client, ...Client[]]
    members[0].send({ type: 'ask', tried: [] })
    const answer = members[0].takeOne('introductions')
    expect(answer.empty).toBe(false)
    const [chosen, ...more] = introduced(answer)
    expect(more).toEqual([])
    expect(chosen).not.toBe(1)
    expect(world.clients.get(chosen ?? 0)?.takeOne('introduced').connection).toEqual(members[0].id)
  })

  it('S18: with nothing tried picks bots and others alike', () => {
    const bots = new Set<boolean>()
    for (let seed = 0; seed < 30; seed++) {
      const world = new RoomsWorld({ seed })
      const [alice] = roomOf(world, 4) as [Client]
      roomOf(world, 4, { bot: true })
      alice.take()
      alice.send({ type: 'ask', tried: [] })
      bots.add(alice.takeOne('introductions').introductions[0]?.bot ?? false)
    }
    expect(bots).toEqual(new Set([true, false]))
  })

  it('S18: introduces up to three that were not tried, bots first', () => {
    const world = new RoomsWorld()
    const members = roomOf(world, 12) as [Client, ...Client[]]
    const [bot] = roomOf(world, 1, { bot: true }) as [Client]
    for (const client of members) client.take()
    const tried = members.slice(1, 9).map(({ id }) => id)
    members[0].send({ type: 'ask', tried })
    const chosen = introduced(members[0].takeOne('introductions'))
    expect(chosen[0]).toBe(bot.connection)
    expect(chosen).toHaveLength(3)
    for (const connection of chosen.slice(1)) expect([10, 11, 12]).toContain(connection)
  })

  it('says when nobody else is in the room, and when nobody else can be introduced', () => {
    const world = new RoomsWorld()
    const [alice] = roomOf(world, 1) as [Client]
    alice.send({ type: 'ask', tried: [] })
    expect(alice.takeOne('introductions')).toMatchObject({ empty: true, introductions: [] })
    const bob = world.open().join()
    alice.take()
    alice.send({ type: 'ask', tried: [bob.id] })
    expect(alice.takeOne('introductions')).toMatchObject({ empty: false, introductions: [] })
  })

  it('S18: pings a member tried that has been quiet, and closes it with 4002 when it does not answer', () => {
    const world = new RoomsWorld()
    const [alice, bob, charlie] = roomOf(world, 3) as [Client, Client, Client]
    world.advance(2_000)
    charlie.send({ type: 'pong' })
    alice.send({ type: 'ask', tried: [bob.id, charlie.id, bob.id] })
    expect(bob.takeOne('ping')).toBeDefined()
    expect(charlie.take()).toEqual([])
    world.advance(7_999)
    expect(bob.closed).toBeNull()
    world.advance(1)
    expect(bob.closed?.code).toBe(4002)
    expect([alice.closed, charlie.closed]).toEqual([null, null])
  })

  it('does not put off the end of a member that is asked about again and again', () => {
    const world = new RoomsWorld()
    const [alice, bob] = roomOf(world, 2) as [Client, Client]
    world.advance(2_000)
    for (let second = 0; second < 8; second++) {
      alice.send({ type: 'ask', tried: [bob.id] })
      world.advance(1_000)
    }
    expect(bob.take().map(({ type }) => type)).toEqual(['ping'])
    expect(bob.closed?.code).toBe(4002)
  })

  it('pings nobody in another room', () => {
    const world = new RoomsWorld()
    const alice = world.open().join(topicOf(1))
    const mallory = world.open().join(topicOf(2))
    alice.take()
    world.advance(3_000)
    mallory.send({ type: 'ask', tried: [alice.id] })
    expect(alice.take()).toEqual([])
  })
})

describe('UPDATE', () => {
  it('S19: renews flags and hello for introductions to come', () => {
    const world = new RoomsWorld()
    const [alice] = roomOf(world, 1) as [Client]
    alice.send({ type: 'update', bot: true, full: false, hello: Uint8Array.of(9) })
    expect(alice.take()).toEqual([])
    const bob = world.open().join(topicOf(1), { full: true })
    expect(bob.takeOne('welcome').introductions).toEqual([
      { connection: alice.id, bot: true, full: false, hello: Uint8Array.of(9) },
    ])
    world.advance(5_000)
    alice.send({ type: 'update', bot: true, full: true, hello: Uint8Array.of(9) })
    expect(world.open().join().takeOne('welcome').introductions).toEqual([])
    world.advance(5_000)
    alice.send({ type: 'update', bot: true, full: false, hello: Uint8Array.of(8) })
    const charlie = world.open().join().takeOne('welcome')
    expect(charlie.introductions[0]?.hello).toEqual(Uint8Array.of(8))
  })
})

describe('leaving', () => {
  it('S20: tells nobody, and is forgotten', () => {
    const world = new RoomsWorld()
    const [alice, bob] = roomOf(world, 2) as [Client, Client]
    bob.leave()
    expect(alice.take()).toEqual([])
    expect(world.open().join().takeOne('welcome').introductions).toHaveLength(1)
  })

  it('S20: leaves nothing behind when the last is gone', () => {
    const world = new RoomsWorld()
    for (const client of [...roomOf(world, 30), ...roomOf(world, 5, { bot: true, full: true }), world.open()]) {
      client.leave()
    }
    expect(world.rooms.counts).toEqual({ connections: 0, members: 0, rooms: 0 })
    world.advance(60_000)
    expect(world.open().join().takeOne('welcome')).toMatchObject({ empty: true })
  })
})

describe('drain', () => {
  it('S12: tells members when to come back, closes all with 1012, and admits nobody after', () => {
    const world = new RoomsWorld()
    const members = roomOf(world, 10)
    const waiting = world.open()
    world.step({ type: 'drain' })
    const times = members.map((member) => {
      expect(member.closed?.code).toBe(1012)
      return member.takeOne('drain').reconnectInMs
    })
    expect(Math.max(...times)).toBeLessThan(2_000)
    expect(new Set(times).size).toBeGreaterThan(1)
    expect(waiting.closed?.code).toBe(1012)
    expect(waiting.take()).toEqual([])
    expect(world.open().closed?.code).toBe(1012)
    expect(world.rooms.counts).toEqual({ connections: 0, members: 0, rooms: 0 })
  })
})

describe('Rooms', () => {
  it('refuses a node id of the wrong size', () => {
    expect(() => new Rooms({ random: seededRandom(1), node: new Uint8Array(5) })).toThrow(RangeError)
  })

  it('does the same for the same seed', () => {
    const run = () => {
      const world = new RoomsWorld({ seed: 7 })
      roomOf(world, 15)
      return world.open().join().takeOne('welcome')
    }
    expect(run()).toEqual(run())
  })
})
