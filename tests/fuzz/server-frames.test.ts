import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import {
  MAX_HELLO_BYTES,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  type ClientFrame,
  type Introduction,
  type Introductions,
  type ServerFrame,
} from '../../sdk/protocol/server-frames.js'
import { RoomsWorld, topicOf, type Client } from '../unit/signaling/rooms-world.js'

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
const id = bytes(16)
const presence = {
  bot: fc.boolean(),
  full: fc.boolean(),
  hello: fc.uint8Array({ minLength: 1, maxLength: MAX_HELLO_BYTES }),
}
const payload = fc.uint8Array({ minLength: 1, maxLength: 2_000 })
const introduction: fc.Arbitrary<Introduction> = fc.record({ connection: id, ...presence })
const introductions: fc.Arbitrary<Introductions> = fc.oneof(
  fc.record({ empty: fc.constant(false), introductions: fc.array(introduction, { maxLength: 3 }) }),
  fc.constant({ empty: true, introductions: [] }),
)

const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record({ type: fc.constant('join' as const), topic: bytes(32), ...presence }),
  fc.record({ type: fc.constant('signal' as const), connection: id, payload }),
  fc.record({ type: fc.constant('ask' as const), tried: fc.array(id, { maxLength: 8 }) }),
  fc.record({ type: fc.constant('update' as const), ...presence }),
  fc.record({ type: fc.constant('pong' as const) }),
)
const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.tuple(id, introductions).map(([connection, rest]) => ({ type: 'welcome' as const, connection, ...rest })),
  introduction.map((rest) => ({ type: 'introduced' as const, ...rest })),
  fc.record({ type: fc.constant('signal' as const), connection: id, payload }),
  fc.record({ type: fc.constant('gone' as const), connection: id }),
  introductions.map((rest) => ({ type: 'introductions' as const, ...rest })),
  fc.record({ type: fc.constant('ping' as const) }),
  fc.record({ type: fc.constant('drain' as const), reconnectInMs: fc.nat(0xffff_ffff) }),
)

/** Decodes, or makes sure that what is thrown is a `DecodeError`. */
const decodable = (decode: () => unknown): boolean => {
  try {
    decode()
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    return false
  }
}

/** One change to the bytes: flipped, cut or lengthened. */
const damaged = (frame: Uint8Array, at: number, value: number, kind: number): Uint8Array => {
  const index = at % frame.length
  if (kind === 0) return frame.map((byte, i) => (i === index ? byte ^ (value || 1) : byte))
  if (kind === 1) return frame.slice(0, index)
  return Uint8Array.from([...frame, value])
}
const damage = fc.tuple(fc.nat(), fc.nat(255), fc.nat(2))

describe('server frames', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(clientFrame, (frame) => {
        expect(decodeClientFrame(encodeClientFrame(frame))).toEqual(frame)
      }),
    )
    fc.assert(
      fc.property(serverFrame, (frame) => {
        expect(decodeServerFrame(encodeServerFrame(frame))).toEqual(frame)
      }),
    )
  })

  it('C2: of random bytes give a frame or a DecodeError', () => {
    const noise = fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0xff), fc.uint8Array())
      .map(([type, rest]) => Uint8Array.from([type, ...rest]))
    fc.assert(
      fc.property(fc.oneof(noise, fc.uint8Array()), (frame) => {
        decodable(() => decodeClientFrame(frame))
        decodable(() => decodeServerFrame(frame))
      }),
      { numRuns: 2_000 },
    )
  })

  it('C2: that are damaged give a frame or a DecodeError, and never one that lacks its end', () => {
    fc.assert(
      fc.property(clientFrame, damage, (frame, [at, value, kind]) => {
        const whole = encodeClientFrame(frame)
        const ok = decodable(() => decodeClientFrame(damaged(whole, at, value, kind)))
        if (kind === 1 && frame.type !== 'signal') expect(ok).toBe(false)
      }),
      { numRuns: 1_000 },
    )
    fc.assert(
      fc.property(serverFrame, damage, (frame, [at, value, kind]) => {
        const whole = encodeServerFrame(frame)
        const ok = decodable(() => decodeServerFrame(damaged(whole, at, value, kind)))
        if (kind === 1 && frame.type !== 'signal') expect(ok).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })
})

type Action = (world: RoomsWorld, clients: Client[]) => void

describe('rooms', () => {
  const who = fc.nat(30)
  const withClient = (run: (client: Client, other: Client) => void) =>
    fc.tuple(who, who).map(([one, two]): Action => (_world, clients) => {
      const client = clients[one % clients.length]
      const other = clients[two % clients.length]
      if (client !== undefined && other !== undefined) run(client, other)
    })
  const open = fc.constant<Action>((world, clients) => clients.push(world.open()))
  const topic = fc.constantFrom(topicOf(1), topicOf(1), topicOf(2))
  const openAndJoin = fc.tuple(topic, fc.boolean(), fc.boolean()).map(
    ([topic, bot, full]): Action =>
      (world, clients) =>
        clients.push(world.open().join(topic, { bot, full })),
  )
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 1, arbitrary: open },
    { weight: 6, arbitrary: openAndJoin },
    { weight: 6, arbitrary: payload.chain((bytes) => withClient((a, b) => signal(a, b, bytes))) },
    {
      weight: 3,
      arbitrary: fc.boolean().chain((named) =>
        withClient((a, b) => {
          a.send({ type: 'ask', tried: named && b.id.length === 16 ? [b.id, b.id] : [] })
        }),
      ),
    },
    { weight: 1, arbitrary: clientFrame.chain((frame) => withClient((a) => a.send(frame))) },
    { weight: 1, arbitrary: fc.uint8Array().chain((noise) => withClient((a) => a.sendBytes(noise))) },
    { weight: 3, arbitrary: withClient((client) => client.send({ type: 'pong' })) },
    { weight: 2, arbitrary: withClient((client) => client.leave()) },
    {
      weight: 2,
      arbitrary: fc.nat(9_000).map(
        (ms): Action =>
          (world) =>
            world.advance(ms),
      ),
    },
  )

  it('S16, S20: never throw, never write to who is gone, keep signals within a room, and end empty', () => {
    let signals = 0
    let welcomes = 0
    fc.assert(
      fc.property(fc.array(action, { minLength: 30, maxLength: 150 }), fc.nat(), (actions, seed) => {
        const world = new RoomsWorld({ seed, limits: { connections: 20, members: 8 } })
        const clients: Client[] = []
        for (const act of actions) act(world, clients)

        expect(world.rooms.counts.connections).toBeLessThanOrEqual(20)
        const sender = new Map<string, string>()
        for (const client of clients) if (client.id.length > 0) sender.set(hex(client.id), client.room)
        for (const client of clients) {
          for (const frame of client.received) {
            if (frame.type === 'signal') {
              signals++
              expect(sender.get(hex(frame.connection))).toBe(client.room)
            }
            if (frame.type !== 'welcome' && frame.type !== 'introductions') continue
            welcomes++
            const named = frame.introductions.map(({ connection }) => hex(connection))
            expect(new Set(named).size).toBe(named.length)
            expect(named).not.toContain(hex(client.id))
            for (const other of named) expect(sender.get(other)).toBe(client.room)
          }
        }
        for (const client of clients) client.leave()
        expect(world.rooms.counts).toEqual({ connections: 0, members: 0, rooms: 0 })
      }),
      { numRuns: 300 },
    )
    // The run must have done real work.
    expect(Math.min(signals, welcomes)).toBeGreaterThan(100)
  })
})

const signal = (from: Client, to: Client, bytes: Uint8Array): void => {
  if (to.id.length === 16) from.send({ type: 'signal', connection: to.id, payload: bytes })
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
