import { describe, expect, it } from 'vitest'
import { Publisher } from '../../../sdk/mesh/roster/publisher.js'
import { rttClassOf } from '../../../sdk/mesh/roster/rtt-class.js'
import { decodeCertificate } from '../../../sdk/protocol/certificate.js'
import { decodeRosterRecord, type Card, type RosterRecord } from '../../../sdk/protocol/roster-record.js'
import { setupCore } from '../../support/mesh-core.js'

const setup = () => {
  const world = setupCore()
  const { core } = world
  const published: { readonly atMs: number; readonly record: RosterRecord }[] = []
  const renewals: number[] = []
  const publisher = new Publisher(core, {
    spread: (record) => {
      published.push({ atMs: core.nowMs, record: decodeRosterRecord(record) })
    },
    renewed: () => {
      renewals.push(core.nowMs)
    },
  })
  publisher.start()
  published.length = 0
  /** Asks the publisher whenever it wants to be asked, up to a time. */
  const runTo = (atMs: number): void => {
    for (let next = publisher.tick(); next <= atMs; next = publisher.tick()) core.nowMs = Math.max(core.nowMs + 1, next)
    core.nowMs = atMs
    publisher.tick()
  }
  const neighborsOf = (index: number): number => {
    const content = published[index]?.record.content
    return content?.kind === 'links' ? content.neighbors.length : -1
  }
  return { ...world, publisher, published, renewals, runTo, neighborsOf }
}

describe('Publisher', () => {
  it('H14: renews the certificate every twelve hours, for the same session key, long before it ends', () => {
    const { core, publisher, published, renewals } = setup()
    const first = decodeCertificate(core.certificate)
    for (const hours of [12, 24]) {
      core.nowMs = 1_000 + hours * 3_600_000
      publisher.tick()
    }
    expect(renewals).toHaveLength(2)
    const cards = published.flatMap(({ record }) => (record.content.kind === 'card' ? [record] : []))
    expect(cards.map(({ version }) => version)).toEqual([2, 3])
    const issued = cards.map(({ content }) => decodeCertificate((content as Card).certificate))
    expect(issued.map(({ issuedAt }) => issuedAt - first.issuedAt)).toEqual([12 * 3_600_000, 24 * 3_600_000])
    for (const certificate of issued) expect(certificate.session).toEqual(first.session)
    expect(core.roster.get(core.id)?.certificate.issuedAt).toBe(issued[1]?.issuedAt)
  })

  it('H14: a renewed certificate is newer than the one before, also when the clock was set back before the join', () => {
    const { core } = setup()
    const before = decodeCertificate(core.certificate).issuedAt
    core.renewCertificate()
    expect(decodeCertificate(core.certificate).issuedAt).toBe(before + 1)
  })

  it('begins with a card and links, and has them in its own roster', () => {
    const { core } = setup()
    expect(core.roster.get(core.id)).toMatchObject({ card: { version: 1 }, links: { version: 1, gone: false } })
  })

  it('M5: publishes the first neighbor at once and gathers those that follow', () => {
    const { publisher, published, addNeighbor, runTo, neighborsOf } = setup()
    addNeighbor()
    publisher.review()
    runTo(1_000)
    expect([published.length, neighborsOf(0)]).toEqual([1, 1])
    for (let i = 0; i < 5; i++) {
      addNeighbor()
      publisher.review()
    }
    runTo(1_019)
    expect(published).toHaveLength(1)
    runTo(1_020)
    expect([published.length, neighborsOf(1)]).toEqual([2, 6])
    expect(published.map(({ record }) => record.version)).toEqual([2, 3])
  })

  describe('while more links are being made', () => {
    /** Six neighbors are published, and a set-up is under way. */
    const begin = () => {
      const world = setup()
      const { addNeighbor, addPeer, publisher, published, runTo } = world
      for (let i = 0; i < 6; i++) addNeighbor()
      publisher.review()
      runTo(6_000)
      published.length = 0
      const deadlineMs = 20_000
      addPeer().setup = { type: 'describing', attempt: 1, carrier: 99, way: { type: 'mesh' }, failures: 0, deadlineMs }
      return world
    }

    it('M5: publishes after 200 ms who may be reached by way of this link alone', () => {
      const { publisher, published, addNeighbor, runTo, neighborsOf } = begin()
      addNeighbor()
      publisher.review()
      runTo(6_199)
      expect(published).toHaveLength(0)
      runTo(6_200)
      expect([published.length, neighborsOf(0)]).toEqual([1, 7])
    })

    it('M5: publishes after 4 s who is well linked, and after 200 ms when half as many have come as are published', () => {
      const { publisher, published, createMembers, addNeighbor, core, runTo, neighborsOf } = begin()
      const newcomers = createMembers(3)
      for (const one of newcomers) {
        core.roster.accept(one.card(), core.nowMs)
        core.roster.accept(one.links(createMembers(3).map((other) => [other, 0])), core.nowMs)
      }
      const [first, second, third] = newcomers
      addNeighbor(first)
      publisher.review()
      runTo(9_999)
      expect(published).toHaveLength(0)
      runTo(10_000)
      expect([published.length, neighborsOf(0)]).toEqual([1, 7])
      for (const one of [second, third]) addNeighbor(one)
      publisher.review()
      runTo(10_400)
      expect(published).toHaveLength(1)
      for (let i = 0; i < 2; i++) addNeighbor()
      publisher.review()
      runTo(10_600)
      expect([published.length, neighborsOf(1)]).toEqual([2, 11])
    })
  })

  it('publishes a lost neighbor at once', () => {
    const { core, publisher, published, addNeighbor, runTo, neighborsOf } = setup()
    const { link } = addNeighbor()
    publisher.review()
    runTo(2_000)
    core.links.delete(link.carrier)
    publisher.review()
    runTo(2_000)
    expect([published.length, neighborsOf(1)]).toEqual([2, 0])
  })

  it('lists a link no longer that has fallen silent, and publishes that at once', () => {
    const { publisher, published, addNeighbor, runTo, neighborsOf } = setup()
    const { link } = addNeighbor()
    publisher.review()
    runTo(2_000)
    link.isSuspect = true
    publisher.review()
    runTo(2_000)
    expect([published.length, neighborsOf(1)]).toEqual([2, 0])
  })

  it('publishes nothing when nothing has changed', () => {
    const { publisher, published, addNeighbor, runTo } = setup()
    addNeighbor()
    for (let ms = 1_000; ms < 9_000; ms += 100) {
      publisher.review()
      runTo(ms)
    }
    expect(published).toHaveLength(1)
  })

  it('signs anew every minute though nothing changes', () => {
    const { published, runTo } = setup()
    runTo(181_000)
    expect(published.map(({ atMs }) => atMs)).toEqual([61_000, 121_000, 181_000])
  })

  it('M5: publishes classes when they have moved by more than two steps, looked at every 5 s', () => {
    const { publisher, published, addNeighbor, runTo } = setup()
    const { peer } = addNeighbor()
    peer.rttMs = 100
    publisher.review()
    runTo(1_000)
    peer.rttMs = 115
    runTo(12_000)
    expect(published).toHaveLength(1)
    peer.rttMs = 200
    runTo(22_000)
    expect(published.map(({ atMs }) => atMs)).toEqual([1_000, 16_000])
  })

  it('M5: publishes no class that has moved by 5 ms or less, and keeps the one that is published', () => {
    const { publisher, published, addNeighbor, runTo } = setup()
    const { peer } = addNeighbor()
    peer.rttMs = 1
    publisher.review()
    runTo(1_000)
    peer.rttMs = 5
    runTo(12_000)
    addNeighbor()
    publisher.review()
    runTo(13_000)
    const classes = published.map(({ record: { content } }) =>
      content.kind === 'links' ? content.neighbors.map(({ rttClass }) => rttClass) : [],
    )
    expect(classes).toEqual([[rttClassOf(1)], [rttClassOf(1), 255]])
  })

  it('spends a bucket of 20 and then one a second, however fast links come and go', () => {
    const { core, publisher, published, addNeighbor, runTo } = setup()
    const { link } = addNeighbor()
    for (let ms = 0; ms < 5_000; ms += 10) {
      link.isSuspect = !link.isSuspect
      publisher.review()
      runTo(1_000 + ms)
    }
    expect(published.length).toBeGreaterThanOrEqual(20)
    expect(published.length).toBeLessThanOrEqual(26)
    link.isSuspect = !link.isSuspect
    publisher.review()
    runTo(core.nowMs + 2_000)
    expect(published.length).toBeLessThanOrEqual(28)
  })

  it('M16, M17: says that it is away, and takes that back with a version above', () => {
    const { core, publisher, published, addNeighbor, runTo } = setup()
    const { link } = addNeighbor()
    publisher.review()
    runTo(2_000)
    const { version, content } = decodeRosterRecord(publisher.away())
    expect([version, content]).toEqual([3, { kind: 'links', gone: false, away: true, neighbors: [] }])
    core.links.delete(link.carrier)
    publisher.review()
    runTo(3_000)
    expect(published).toHaveLength(1)
    publisher.resume()
    expect(published.at(-1)?.record).toMatchObject({ version: 4, content: { away: false, neighbors: [] } })
  })

  it('says goodbye with a version above all before', () => {
    const { publisher, addNeighbor, runTo } = setup()
    addNeighbor()
    publisher.review()
    runTo(1_000)
    const { version, content } = decodeRosterRecord(publisher.goodbye())
    expect([version, content]).toEqual([3, { kind: 'links', gone: true, away: false, neighbors: [] }])
  })
})
