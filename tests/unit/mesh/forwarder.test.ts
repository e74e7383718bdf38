import { describe, expect, it } from 'vitest'
import { Link } from '../../../sdk/mesh/link.js'
import { Forwarder } from '../../../sdk/mesh/route/forwarder.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import type { EngineOptions } from '../../../sdk/mesh/options.js'
import type { Peer } from '../../../sdk/mesh/peer.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeRelayHeader, encodeRelayedSetup } from '../../../sdk/protocol/relay-frames.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { setupCore } from '../../support/mesh-core.js'

const QUOTA_BYTES = 8_388_608

/** I am linked with ada and bob, and know of nobody else. */
const setup = (options: Partial<EngineOptions> = {}) => {
  const world = setupCore(options)
  const { core, createMember, suite } = world
  const router = new Router(core.roster, core.id)
  const neighbors: string[] = []
  const addNeighbor = () => {
    const neighbor = world.addNeighbor()
    core.roster.accept(neighbor.member.card(), core.nowMs)
    neighbors.push(neighbor.peer.id)
    router.update(neighbors, core.nowMs)
    return neighbor
  }
  const [ada, bob] = [addNeighbor(), addNeighbor()]
  const forwarder = new Forwarder(core, router)
  const sealed = (size = 40): Uint8Array => suite.random(size)
  const relayed = (dst: Uint8Array, src: Uint8Array, body = sealed()): Uint8Array =>
    concatBytes(encodeRelayHeader(dst, src, new Uint8Array(8), 0), body)
  return { core, forwarder, ada, bob, addNeighbor, createMember, relayed, suite }
}

describe('Forwarder', () => {
  it('passes a frame on, one hop further and else the same', () => {
    const { core, forwarder, ada, bob, relayed } = setup()
    const frame = relayed(bob.peer.idBytes, ada.peer.idBytes)
    const before = frame.slice()
    expect(forwarder.take(frame, ada.link)).toBeNull()
    expect(bob.link.forwards).toHaveLength(1)
    const passed = bob.link.forwards.first?.frame as Uint8Array
    expect(passed[1]).toBe(1)
    expect([...passed.subarray(0, 1), ...passed.subarray(2)]).toEqual([...before.subarray(0, 1), ...before.subarray(2)])
    expect([core.counters.framesForwarded, ada.peer.forwardedBytes]).toEqual([1, frame.length])
  })

  it('gives me what is for me, and takes nothing that says it is mine', () => {
    const { core, forwarder, ada, bob, relayed } = setup()
    expect(forwarder.take(relayed(core.idBytes, bob.peer.idBytes), ada.link)).toMatchObject({ src: bob.peer.idBytes })
    expect(forwarder.take(relayed(bob.peer.idBytes, core.idBytes), ada.link)).toBeNull()
    expect(bob.link.forwards).toHaveLength(0)
  })

  it('puts set-up frames before sealed ones', () => {
    const { forwarder, ada, bob, suite } = setup()
    const setupFrame = concatBytes(Uint8Array.of(FRAME.HS1), suite.random(60))
    forwarder.take(encodeRelayedSetup(bob.peer.idBytes, ada.peer.idBytes, setupFrame), ada.link)
    expect([bob.link.setupForwards.length, bob.link.forwards.length]).toEqual([1, 0])
  })

  it.each<[string, { hops?: number; unknown?: boolean; back?: boolean }]>([
    ['was forwarded eight times', { hops: 8 }],
    ['is for nobody that I know', { unknown: true }],
    ['would go back over its own link', { back: true }],
  ])('drops a frame that %s', (_name, { hops = 0, unknown = false, back = false }) => {
    const { core, forwarder, ada, bob, createMember, relayed } = setup()
    const stranger = createMember().certificate.memberBytes
    const dst = unknown ? stranger : back ? ada.peer.idBytes : bob.peer.idBytes
    const frame = relayed(dst, stranger)
    frame[1] = hops
    forwarder.take(frame, ada.link)
    expect([ada.link.forwards.length, bob.link.forwards.length, core.counters.framesDropped]).toEqual([0, 0, 1])
  })

  it('passes no frame on twice, whoever brings it and whatever its counter says', () => {
    const { core, forwarder, ada, bob, relayed, suite } = setup()
    const frame = relayed(bob.peer.idBytes, suite.random(16))
    const forgedAhead = frame.slice().fill(0xee, 43, 51)
    for (const repeat of [frame, frame.slice(), forgedAhead]) forwarder.take(repeat, ada.link)
    expect([bob.link.forwards.length, core.counters.framesDropped]).toEqual([1, 2])
  })

  it('remembers four thousand frames', () => {
    const { core, forwarder, ada, bob, relayed } = setup()
    const frames = Array.from({ length: 4_096 }, () => relayed(bob.peer.idBytes, ada.peer.idBytes))
    for (const frame of frames) forwarder.take(frame.slice(), ada.link)
    for (const frame of frames) forwarder.take(frame.slice(), ada.link)
    expect([core.counters.framesForwarded, core.counters.framesDropped]).toEqual([4_096, 4_096])
  })

  it('passes nothing on for a member that does not relay, and takes its own', () => {
    const { core, forwarder, ada, bob, relayed } = setup({ relay: false })
    forwarder.take(relayed(bob.peer.idBytes, ada.peer.idBytes), ada.link)
    expect(core.counters.framesDropped).toBe(1)
    expect(forwarder.take(relayed(core.idBytes, ada.peer.idBytes), ada.link)).not.toBeNull()
  })

  it('R4: lets no link that takes nothing, nor two of them, keep what one neighbor sends from the others', () => {
    const { core, forwarder, ada, bob, addNeighbor, relayed, suite } = setup()
    const [cyn, dan] = [addNeighbor(), addNeighbor()]
    const body = suite.random(65_000)
    const send = (to: Peer, count: number): void => {
      for (let i = 0; i < count; i++) {
        forwarder.take(relayed(to.idBytes, ada.peer.idBytes, concatBytes(body, suite.random(16))), ada.link)
      }
    }
    const waitingFor = ({ link }: { link: Link }): number => link.waitingFrom(ada.peer)
    send(bob.peer, 140)
    expect(waitingFor(bob) / QUOTA_BYTES).toBeCloseTo(2 / 3, 1)
    send(cyn.peer, 140)
    const dropped = core.counters.dropped.quota
    send(dan.peer, 8)
    expect([core.counters.dropped.quota - dropped, waitingFor(dan) > 8 * 65_000]).toEqual([0, true])
    forwarder.forget(bob.link)
    expect([waitingFor(bob), ada.peer.forwardedBytes]).toEqual([0, waitingFor(cyn) + waitingFor(dan)])
  })

  it('lets one neighbor have 8 MiB waiting, and another as much', () => {
    const { core, forwarder, ada, bob, addNeighbor, relayed, suite } = setup()
    const body = suite.random(65_000)
    const fresh = (): Uint8Array => concatBytes(body, suite.random(16))
    const others = Array.from({ length: 9 }, () => addNeighbor())
    for (const { peer } of [bob, ...others]) {
      for (let i = 0; i < 140; i++) forwarder.take(relayed(peer.idBytes, ada.peer.idBytes, fresh()), ada.link)
    }
    expect(ada.peer.forwardedBytes).toBeLessThanOrEqual(QUOTA_BYTES)
    expect(ada.peer.forwardedBytes).toBeGreaterThan(QUOTA_BYTES * 0.9)
    expect(core.counters.framesDropped).toBeGreaterThan(5)
    forwarder.take(relayed(ada.peer.idBytes, bob.peer.idBytes, fresh()), bob.link)
    expect(ada.link.forwards).toHaveLength(1)
    for (const { link } of [bob, ...others]) forwarder.forget(link)
    expect(ada.peer.forwardedBytes).toBe(0)
  })

  it('lets nobody have more waiting by coming again over a new link', () => {
    const { core, forwarder, ada, bob, relayed, suite } = setup()
    const body = suite.random(65_000)
    const fresh = (): Uint8Array => concatBytes(body, suite.random(16))
    let { link } = ada
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 140; i++) forwarder.take(relayed(bob.peer.idBytes, ada.peer.idBytes, fresh()), link)
      forwarder.forget(link)
      link = new Link(core.nextCarrier(), ada.peer, core.nowMs)
    }
    let waiting = 0
    for (let next = bob.link.forwards.shift(); next; next = bob.link.forwards.shift()) waiting += next.frame.length
    expect(waiting).toBeLessThanOrEqual(QUOTA_BYTES)
  })

  it('finds the way back to who has no route, until that link is gone or silent', () => {
    const { forwarder, ada, createMember, relayed, core } = setup()
    const stranger = createMember().certificate
    expect(forwarder.linkTowards(stranger.member)).toBeNull()
    forwarder.take(relayed(core.idBytes, stranger.memberBytes), ada.link)
    expect(forwarder.linkTowards(stranger.member)).toBe(ada.link)
    ada.link.isSuspect = true
    expect(forwarder.linkTowards(stranger.member)).toBeNull()
    ada.link.isSuspect = false
    forwarder.forget(ada.link)
    expect(forwarder.linkTowards(stranger.member)).toBeNull()
  })

  it.each([
    ['a frame that is too short', (frame: Uint8Array) => frame.subarray(0, 60)],
    ['unknown flags', (frame: Uint8Array) => frame.fill(1, 2, 3)],
  ])('says that %s is none', (_name, spoil) => {
    const { forwarder, ada, bob, relayed } = setup()
    const frame = spoil(relayed(bob.peer.idBytes, ada.peer.idBytes, new Uint8Array(16)))
    expect(() => forwarder.take(frame, ada.link)).toThrow(DecodeError)
  })
})
