import { describe, expect, it } from 'vitest'
import { Liveness } from '../../../sdk/mesh/liveness/liveness.js'
import { Probes } from '../../../sdk/mesh/liveness/probes.js'
import type { Peer } from '../../../sdk/mesh/peer.js'
import { Forwarder } from '../../../sdk/mesh/route/forwarder.js'
import { Paths } from '../../../sdk/mesh/route/paths.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import { Session } from '../../../sdk/mesh/session/session.js'
import { PackWriter } from '../../../sdk/protocol/pack.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { readRecord, type MemberRecord } from '../../../sdk/protocol/records.js'
import type { ControlQueue } from '../../../sdk/mesh/control-queue.js'
import { setupCore } from '../../support/mesh-core.js'

const taken = (control: ControlQueue): MemberRecord[] => {
  const pack = new PackWriter('sealed', 1_000_000)
  control.moveTo(pack)
  const reader = new Reader(pack.finish())
  const records: MemberRecord[] = []
  while (reader.left > 0) records.push(readRecord(reader))
  return records
}

const setup = () => {
  const world = setupCore()
  const { core, addNeighbor } = world
  const left: { readonly peer: Peer; readonly atMs: number }[] = []
  const router = new Router(core.roster, core.id)
  const paths = new Paths(core, router)
  const probes = new Probes(core, paths, new Forwarder(core, router))
  const liveness = new Liveness(core, paths, probes, (peer) => {
    left.push({ peer, atMs: core.nowMs })
    core.peers.delete(peer.id)
  })
  const { peer, link } = addNeighbor()
  peer.arrival = 1
  const runTo = (atMs: number): void => {
    for (let next = liveness.tick(); next <= atMs; next = liveness.tick()) core.nowMs = Math.max(core.nowMs + 1, next)
    core.nowMs = atMs
    liveness.tick()
  }
  return { ...world, liveness, left, peer, link, runTo }
}

describe('Liveness', () => {
  it('pings a member that is silent for 2 s, and again as often', () => {
    const { runTo, link } = setup()
    runTo(2_999)
    expect(taken(link.control)).toEqual([])
    runTo(3_000)
    expect(taken(link.control)).toMatchObject([{ type: 'ping', id: 1 }])
    runTo(5_000)
    expect(taken(link.control)).toMatchObject([{ type: 'ping', id: 2 }])
  })

  it('pings nobody that is heard of', () => {
    const { core, liveness, runTo, peer, link } = setup()
    for (let ms = 1_000; ms < 20_000; ms += 1_500) {
      runTo(ms)
      liveness.heard(peer, link)
    }
    expect([taken(link.control), core.isTopologyDirty]).toEqual([[], false])
  })

  it('suspects a link whose ping is unanswered for 4 s, and trusts it again when it speaks', () => {
    const { core, liveness, runTo, peer, link } = setup()
    runTo(6_999)
    expect(link.isSuspect).toBe(false)
    runTo(7_000)
    expect([link.isSuspect, core.isTopologyDirty]).toEqual([true, true])
    core.isTopologyDirty = false
    liveness.heard(peer, link)
    expect([link.isSuspect, core.isTopologyDirty]).toEqual([false, true])
  })

  it('lets a member go after the linger, counted from its last sign of life', () => {
    const { liveness, runTo, peer, left } = setup()
    runTo(4_000)
    liveness.heard(peer, null)
    runTo(13_999)
    expect(left).toEqual([])
    runTo(14_000)
    expect(left).toEqual([{ peer, atMs: 14_000 }])
  })

  it('measures the round trip by the newest ping alone, and smooths it', () => {
    const { core, liveness, peer, link } = setup()
    liveness.ping(peer, link)
    core.nowMs += 100
    liveness.handlePong(peer, 99)
    expect(peer.rttMs).toBeNull()
    liveness.handlePong(peer, 1)
    liveness.handlePong(peer, 1)
    expect([peer.rttMs, peer.unansweredSinceMs]).toEqual([100, null])
    liveness.ping(peer, link)
    core.nowMs += 200
    liveness.handlePong(peer, 2)
    expect(peer.rttMs).toBe(125)
  })

  it('answers a ping the way that it came', () => {
    const { liveness, peer, link } = setup()
    liveness.handlePing(peer, link.control, 7)
    expect([taken(link.control), taken(peer.control)]).toEqual([[{ type: 'pong', id: 7 }], []])
  })

  it('answers no more than is taken', () => {
    const { liveness, peer, link } = setup()
    for (let id = 0; id < 300_000; id++) liveness.handlePing(peer, link.control, id)
    expect(taken(link.control).length).toBeLessThan(1_100_000 / 5)
  })

  it('holds a sleep of my own against nobody, and asks everybody', () => {
    const { core, liveness, runTo, peer, link, left } = setup()
    const secrets = { send: new Uint8Array(32), receive: new Uint8Array(32), hash: new Uint8Array(64) }
    peer.session = new Session(core.suite, 'initiator', secrets, { epoch: 1, attempt: 1 })
    core.nowMs = 3_601_000
    liveness.slept(3_600_000)
    expect([peer.lastHeardMs, link.lastHeardMs]).toEqual([3_601_000, 3_601_000])
    expect(taken(link.control)).toMatchObject([{ type: 'ping' }])
    runTo(3_601_000)
    expect(left).toEqual([])
    runTo(3_611_000)
    expect(left).toHaveLength(1)
  })

  it('takes a timer that is a little late for no sleep', () => {
    const { core, liveness, peer } = setup()
    core.nowMs = 2_999
    liveness.slept(1_999)
    expect(peer.lastHeardMs).toBe(1_000)
  })
})
