import { describe, expect, it } from 'vitest'
import { encodeServerFrame } from '../../sdk/protocol/server-frames.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import type { TestMember } from '../support/mesh-world.js'
import { PaperMember, setupGroup, watchHonest } from '../support/mesh-villain.js'

const signalingOf = (member: TestMember): string[] =>
  member.notices.flatMap((notice) => (notice.type === 'signaling:change' ? [notice.state] : []))

describe('a server that sends', () => {
  it.each<[string, Uint8Array]>([
    ['an empty frame', new Uint8Array()],
    ['random bytes', Uint8Array.from({ length: 300 }, (_, index) => (index * 77 + 200) & 0xff)],
    ['a frame of a client', Uint8Array.of(0x05)],
    [
      'a second WELCOME',
      encodeServerFrame({ type: 'welcome', connection: new Uint8Array(16), empty: true, introductions: [] }),
    ],
    ['WELCOME of another version', Uint8Array.of(0x81, 9)],
    ['an introduction cut short', Uint8Array.of(0x82, 1, 2, 3)],
    [
      'an introduction that claims more than it holds',
      Uint8Array.of(0x82, ...new Array<number>(17).fill(0), 0xff, 0x07, 1),
    ],
    ['a SIGNAL without payload', Uint8Array.of(0x83, ...new Array<number>(16).fill(0))],
    ['a frame longer than any', new Uint8Array(65_537).fill(0x83)],
  ])('S22: %s loses its socket alone, and is joined again', (_name, bytes) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    ada.notices.length = 0
    ada.fromServer(bytes)
    world.run(2)
    expect(signalingOf(ada)).toEqual(['closed'])
    world.runUntil(() => signalingOf(ada).at(-1) === 'open')
    expect(ada.engine.members()).toHaveLength(3)
    check()
  })

  it.each<[string, (ada: TestMember) => Uint8Array]>([
    ['a hello that nobody can read', () => encodeServerFrame({ type: 'introduced', ...presence(new Uint8Array(300)) })],
    ['my own hello', (ada) => encodeServerFrame({ type: 'introduced', ...ada.world.server.introductionOf(ada) })],
    ['SIGNAL of a connection that I do not know', () => signal(7, new Uint8Array(100).fill(FRAME.SIG))],
    [
      'GONE of a connection that I do not know',
      () => encodeServerFrame({ type: 'gone', connection: new Uint8Array(16).fill(99) }),
    ],
    ['HS1 of noise', () => signal(1, new Uint8Array(400).fill(FRAME.HS1))],
    ['HS2 that nobody asked for', () => signal(2, new Uint8Array(400).fill(FRAME.HS2))],
    ['SIG of one byte', () => signal(2, Uint8Array.of(FRAME.SIG))],
    ['SIG of noise', () => signal(3, new Uint8Array(400).fill(FRAME.SIG))],
    ['a set-up frame of an unknown code', () => signal(3, new Uint8Array(9).fill(0x77))],
    ['introductions of nobody', () => encodeServerFrame({ type: 'introductions', empty: false, introductions: [] })],
    ['news that the room is empty', () => encodeServerFrame({ type: 'introductions', empty: true, introductions: [] })],
  ])('%s is not blamed for it, and changes nothing', (_name, frame) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    ada.notices.length = 0
    for (let i = 0; i < 3; i++) ada.fromServer(frame(ada))
    world.run(500)
    expect(ada.notices).toEqual([])
    expect(ada.engine.members()).toHaveLength(3)
    check()
  })

  it('ten thousand introductions keeps no honest message back and no newcomer out', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    for (let i = 0; i < 10_000; i++) {
      const paper = i < 1_500 ? new PaperMember(world) : null
      const hello = paper ? sealHello(world.suite, world.keys, paper.certificate) : world.random.bytes(200)
      ada.fromServer(encodeServerFrame({ type: 'introduced', ...presence(hello, i) }))
    }
    world.run(1_000)
    check()
    const { links, sessions } = ada.engine.stats()
    expect([links, sessions]).toEqual([2, 2])
    const [dan] = world.add(['dan']) as [TestMember]
    world.runUntil(() => ada.engine.members().includes(dan.id), 60_000)
    check()
  }, 30_000)

  it('a place to everybody that is not theirs keeps no member from the others', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    const { hello } = world.server.introductionOf(bob)
    ada.fromServer(encodeServerFrame({ type: 'introduced', ...presence(hello, 3) }))
    world.run(500)
    check()
  })

  it('S23: DRAIN of fifty days is taken for half a minute', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    ada.fromServer(encodeServerFrame({ type: 'drain', reconnectInMs: 0xffff_ffff }))
    ada.fromServer(new Uint8Array())
    world.run(29_900)
    expect(signalingOf(ada).at(-1)).toBe('closed')
    world.run(200)
    expect(signalingOf(ada).at(-1)).toBe('open')
    check()
  })
})

describe('a member that reaches others through the server', () => {
  it.each([
    ['an unreadable set-up frame', Uint8Array.of(FRAME.SIG)],
    ['a handshake that is cut short', Uint8Array.of(FRAME.HS1, 1, 2)],
    ['nothing that is a frame', new Uint8Array(60_000)],
  ])('with %s costs them neither their server nor their links', (_name, payload) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    ada.notices.length = 0
    for (let i = 0; i < 20; i++) world.server.pass(mallory, ada, payload)
    world.run(500)
    expect(signalingOf(ada)).toEqual([])
    check()
  })
})

const presence = (hello: Uint8Array, number = 200) => ({
  connection: new Uint8Array(16).fill(number & 0xff).fill(number >> 8, 0, 8),
  bot: false,
  full: false,
  hello,
})

const signal = (connection: number, payload: Uint8Array): Uint8Array =>
  encodeServerFrame({ type: 'signal', connection: new Uint8Array(16).fill(connection), payload })
