import { describe, expect, it } from 'vitest'
import { LINKS_LIFETIME_MS, Roster } from '../../../sdk/mesh/roster/roster.js'
import { rttClassOf, rttOfClass } from '../../../sdk/mesh/roster/rtt-class.js'
import { issueCertificate } from '../../../sdk/mesh/session/certificates.js'
import { setupGroupKeys, type KeyedMember } from '../../support/mesh-core.js'

const setup = () => {
  const group = setupGroupKeys()
  const [ada, bob] = group.createMembers(2) as [KeyedMember, KeyedMember]
  const roster = new Roster(group.suite, group.keys.topic, () => true)
  return { ...group, ada, bob, roster, idOf: (member: KeyedMember) => member.certificate.member }
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice()
  changed[at] = (changed[at] as number) ^ 1
  return changed
}

describe('Roster', () => {
  it('takes a card and links, and says what is new', () => {
    const { roster, ada, bob, idOf } = setup()
    expect(roster.accept(ada.card(), 5)).toMatchObject({ type: 'card', isNew: true, entry: { id: idOf(ada) } })
    expect(roster.accept(ada.links([[bob, 9]]), 6)).toMatchObject({ type: 'links' })
    expect(roster.get(idOf(ada))?.links).toMatchObject({ version: 1, gone: false, receivedMs: 6 })
    expect(roster.get(idOf(ada))?.links?.neighbors.get(idOf(bob))).toBe(9)
  })

  it('takes nothing that is as old as what it has, or older', () => {
    const { roster, ada } = setup()
    roster.accept(ada.card(5), 0)
    roster.accept(ada.links([], 5), 0)
    const before = roster.revision
    for (const version of [5, 4, 0]) {
      expect(roster.accept(ada.card(version), 1)).toBeNull()
      expect(roster.accept(ada.links([], version), 1)).toBeNull()
    }
    expect(roster.revision).toBe(before)
    expect(roster.accept(ada.card(6), 1)).toMatchObject({ type: 'card', isNew: false })
  })

  it('takes no links of a member whose card it lacks', () => {
    const { roster, ada } = setup()
    expect(roster.accept(ada.links([]), 0)).toBeNull()
  })

  it('takes nothing with a byte changed, and throws at none', () => {
    const { roster, ada, bob } = setup()
    for (const record of [ada.card(3), ada.links([[bob, 1]], 3)]) {
      for (let at = 0; at < record.length; at += 3) expect(roster.accept(flipped(record, at), 0)).toBeNull()
      expect(roster.accept(record.subarray(0, 30), 0)).toBeNull()
      expect(roster.accept(record, 0)).not.toBeNull()
    }
  })

  it('takes no record that is signed by another', () => {
    const { roster, ada, bob, sign } = setup()
    roster.accept(ada.card(), 0)
    const member = ada.certificate.memberBytes
    const gone = { kind: 'links' as const, gone: true, away: false, neighbors: [] }
    expect(roster.accept(sign(member, bob.identity, 9, gone), 0)).toBeNull()
    expect(roster.accept(sign(member, ada.identity, 9, gone), 0)).not.toBeNull()
  })

  it('takes no card whose certificate is of another member, or of another group', () => {
    const { roster, ada, bob, suite, keys, sign } = setup()
    const content = (certificate: Uint8Array) => ({
      kind: 'card' as const,
      certificate,
      profile: new Uint8Array(),
      addresses: [],
      capabilities: 0,
      maxLinks: 32,
      providers: [],
    })
    expect(roster.accept(sign(ada.certificate.memberBytes, bob.identity, 1, content(bob.bytes)), 0)).toBeNull()
    const foreign = issueCertificate(suite, { ...ada, topic: flipped(keys.topic, 0) }, 1_000)
    expect(roster.accept(sign(ada.certificate.memberBytes, ada.identity, 1, content(foreign)), 0)).toBeNull()
  })

  it('lets nothing bring back who is gone', () => {
    const { roster, ada, bob, idOf } = setup()
    roster.accept(ada.card(), 0)
    expect(roster.accept(ada.links([[bob, 1]], 2, true), 0)).toMatchObject({ type: 'links' })
    expect(roster.accept(ada.links([[bob, 1]], 3), 0)).toBeNull()
    roster.accept(ada.card(2), 0)
    expect(roster.get(idOf(ada))?.links?.gone).toBe(true)
  })

  it('counts links for their lifetime by the time that they came, and those of the gone never', () => {
    const { roster, ada, bob, idOf } = setup()
    const isFresh = (member: KeyedMember, atMs: number): boolean => {
      const entry = roster.get(idOf(member))
      return entry !== undefined && roster.isFresh(entry, atMs)
    }
    for (const member of [ada, bob]) roster.accept(member.card(), 100)
    expect(isFresh(ada, 100)).toBe(false)
    roster.accept(ada.links([]), 100)
    roster.accept(bob.links([], 1, true), 100)
    expect(isFresh(ada, 99 + LINKS_LIFETIME_MS)).toBe(true)
    expect(isFresh(ada, 100 + LINKS_LIFETIME_MS)).toBe(false)
    expect(isFresh(bob, 100)).toBe(false)
  })

  it('answers a digest with what its sender lacks, cards first', () => {
    const { suite, keys, roster, ada, bob, idOf } = setup()
    const other = new Roster(suite, keys.topic, () => true)
    for (const record of [ada.card(1), ada.links([], 3), bob.card(2), bob.links([], 1)]) roster.accept(record, 0)
    expect(roster.newerThan([])).toEqual([ada.card(1), bob.card(2), ada.links([], 3), bob.links([], 1)])
    for (const record of [ada.card(1), ada.links([], 2), bob.card(2)]) other.accept(record, 0)
    const missing = roster.newerThan(other.digest())
    expect(missing).toEqual([ada.links([], 3), bob.links([], 1)])
    for (const record of missing) other.accept(record, 0)
    expect(other.digest()).toEqual(roster.digest())
    expect(roster.newerThan(other.digest())).toEqual([])
    expect(roster.newerThan([{ id: ada.certificate.memberBytes, card: 9, links: 9 }])).toHaveLength(2)
    expect(idOf(ada)).not.toBe(idOf(bob))
  })

  it('says who left only to one that believes it to be here', () => {
    const { suite, keys, roster, ada } = setup()
    const other = new Roster(suite, keys.topic, () => true)
    roster.accept(ada.card(), 0)
    roster.accept(ada.links([], 2, true), 0)
    expect(roster.digest()).toEqual([])
    expect(roster.newerThan(other.digest())).toEqual([])
    other.accept(ada.card(), 0)
    other.accept(ada.links([], 1), 0)
    expect(roster.newerThan(other.digest())).toEqual([ada.links([], 2, true)])
  })

  it('forgets who was not heard of for ten minutes, links or none, but for those to keep', () => {
    const { roster, createMembers, idOf } = setup()
    const [kept, silent, onPaper] = createMembers(3) as [KeyedMember, KeyedMember, KeyedMember]
    for (const member of [kept, silent, onPaper]) roster.accept(member.card(), 0)
    roster.accept(kept.links([]), 0)
    roster.accept(silent.links([]), 1_000)
    const names = (): string[] => [...roster.values()].map(({ id }) => id)
    roster.prune(600_000, ({ id }) => id === idOf(kept))
    expect(names()).toHaveLength(3)
    roster.prune(601_000, ({ id }) => id === idOf(kept))
    expect(new Set(names())).toEqual(new Set([idOf(kept), idOf(silent)]))
    roster.prune(602_000, ({ id }) => id === idOf(kept))
    expect(names()).toEqual([idOf(kept)])
  })

  it('keeps 1,024 members and takes news of those alone', () => {
    const { roster, createMember, idOf } = setup()
    const first = createMember()
    roster.accept(first.card(), 0)
    for (let i = 0; i < 1_023; i++) roster.accept(createMember().card(), 0)
    expect(roster.accept(createMember().card(), 0)).toBeNull()
    expect([...roster.values()]).toHaveLength(1_024)
    expect(roster.accept(first.card(2), 0)).toMatchObject({ entry: { id: idOf(first) } })
  })

  it('gives the place of the one that left first to a newcomer, when all are taken', () => {
    const { roster, ada, bob, createMember, idOf } = setup()
    for (const member of [ada, bob]) roster.accept(member.card(), 0)
    roster.accept(bob.links([], 2, true), 1)
    roster.accept(ada.links([], 2, true), 2)
    for (let i = 0; i < 1_022; i++) roster.accept(createMember().card(), 3)
    const newcomer = createMember()
    expect(roster.accept(newcomer.card(), 4)).toMatchObject({ isNew: true, entry: { id: idOf(newcomer) } })
    expect([...roster.values()]).toHaveLength(1_024)
    expect([ada, bob].map((member) => roster.get(idOf(member)) !== undefined)).toEqual([true, false])
  })
})

describe('round-trip class', () => {
  it('grows with the time, stays in a byte, and gives back about what it was made of', () => {
    expect([rttClassOf(null), rttOfClass(255)]).toEqual([255, null])
    expect([rttClassOf(0), rttClassOf(-1), rttClassOf(1e12)]).toEqual([0, 0, 254])
    for (const ms of [1, 5, 30, 200, 3_000]) {
      const back = rttOfClass(rttClassOf(ms)) ?? 0
      expect(Math.abs(back - ms) / ms).toBeLessThan(0.1)
    }
  })
})
