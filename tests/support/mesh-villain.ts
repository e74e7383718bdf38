import { expect } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import {
  encodeRecord,
  readRecord,
  type AllChunk,
  type MemberRecord,
  type OneChunk,
} from '../../sdk/protocol/records.js'
import { Reader } from '../../sdk/protocol/reader.js'
import { encodeRelayHeader, encodeRelayedSetup, relayAssociatedData } from '../../sdk/protocol/relay-frames.js'
import { encodeRosterBody, type Card, type Links } from '../../sdk/protocol/roster-record.js'
import { pad } from '../../sdk/protocol/padding.js'
import { issueCertificate, memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { MeshWorld, type TestMember } from './mesh-world.js'

/** Two honest members and one whose link end the test speaks for, all joined. Ids ascend in this order. */
export const setupGroup = (
  names: readonly string[] = ['ada', 'bob', 'mallory'],
): { world: MeshWorld; ada: TestMember; bob: TestMember; mallory: TestMember } => {
  const world = MeshWorld.joined(names)
  return { world, ada: world.named('ada'), bob: world.named('bob'), mallory: world.named('mallory') }
}

/** What one is told to hold to: the others' messages still arrive, once and in order, over links that never closed. */
export const watchHonest = (world: MeshWorld, ...honest: TestMember[]): (() => void) => {
  const ids = honest.map((member) => member.id)
  const links = honest.flatMap((a) => honest.filter((b) => a !== b && a.hasLink(b)).map((b) => a.link(b)))
  const before = honest.map((member) => member.notices.length)
  return () => {
    expect(links.map((end) => end.state)).toEqual(links.map(() => 'open'))
    honest.forEach((member, index) => {
      const left = member.notices.slice(before[index]).flatMap((n) => (n.type === 'member:leave' ? [n.id] : []))
      expect(left.filter((id) => ids.includes(id))).toEqual([])
    })
    const marks = honest.map((member) => member.received.length)
    for (const member of honest) {
      for (const word of ['one', 'two', 'three']) member.send(`${member.name} ${word}`)
    }
    world.run(1_000)
    honest.forEach((member, index) => {
      for (const other of honest) {
        if (other === member) continue
        const texts = member.received.slice(marks[index]).filter(({ from }) => from === other.id)
        const expected = ['one', 'two', 'three'].map((word) => `${other.name} ${word}`)
        expect(texts.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(expected)
      }
    })
  }
}

export const pack = (...records: readonly MemberRecord[]): Uint8Array =>
  concatBytes(Uint8Array.of(FRAME.PACK), ...records.map(encodeRecord))

export const opening = (fields: Partial<MemberRecord & { type: 'open' }> = {}): MemberRecord => ({
  type: 'open',
  stream: 16,
  kind: 1,
  mode: 0,
  name: '',
  nextBroadcast: 1,
  nextPrivate: 1,
  ...fields,
})

export const chunk = (fields: Partial<Omit<AllChunk, 'type'>> = {}): AllChunk => {
  const bytes = fields.bytes ?? new Uint8Array(10)
  return {
    type: 'all',
    stream: 0,
    number: 1,
    offset: 0,
    total: bytes.length,
    first: true,
    text: false,
    end: false,
    order: [],
    ...fields,
    bytes,
  }
}

export const privateChunk = (fields: Partial<Omit<OneChunk, 'type'>> = {}): OneChunk => {
  const { order: _order, ...rest } = chunk(fields)
  return { afterBroadcast: 0, ...rest, type: 'one' }
}

export const ack = (fields: Partial<MemberRecord & { type: 'ack' }> = {}): MemberRecord => ({
  type: 'ack',
  stream: 0,
  nextBroadcast: 1,
  nextPrivate: 1,
  offset: 0,
  credit: 4_194_304,
  ...fields,
})

export const reset = (fields: Partial<MemberRecord & { type: 'reset' }> = {}): MemberRecord => ({
  type: 'reset',
  stream: 0,
  nextBroadcast: 1,
  nextPrivate: 1,
  ...fields,
})

/** The records of a PACK; none of any other frame. */
export const unpack = (frame: Uint8Array): MemberRecord[] => {
  if (frame[0] !== FRAME.PACK) return []
  const reader = new Reader(frame.subarray(1))
  const records: MemberRecord[] = []
  while (reader.left > 0) records.push(readRecord(reader))
  return records
}

const keyOf = (from: TestMember, to: TestMember, use: 'relay' | 'sig'): { key: Uint8Array; mark: Uint8Array } => {
  const { role, secrets } = from.sessionWith(to)
  const label = role === 'initiator' ? (`${use}-i2r` as const) : (`${use}-r2i` as const)
  return { key: from.world.suite.kdf(secrets.send, label, secrets.hash), mark: secrets.hash.slice(0, 8) }
}

/** RLY under the true keys of the two, with a counter and records of the test's choice. */
export const sealRelay = (from: TestMember, to: TestMember, counter: number, records: Uint8Array): Uint8Array => {
  const { key, mark } = keyOf(from, to, 'relay')
  const header = encodeRelayHeader(to.engine.idBytes, from.engine.idBytes, mark, counter)
  return concatBytes(header, from.world.suite.seal(key, counter, relayAssociatedData(header), records))
}

/** SIG under the true keys of the two. */
export const sealSetup = (from: TestMember, to: TestMember, counter: number, message: Uint8Array): Uint8Array => {
  const { key, mark } = keyOf(from, to, 'sig')
  const header = new Uint8Array(17)
  header[0] = FRAME.SIG
  header.set(mark, 1)
  new DataView(header.buffer).setUint32(9, counter, true)
  return concatBytes(header, from.world.suite.seal(key, counter, header, pad(message, 128)))
}

export const relaySetup = (from: TestMember, to: TestMember, setup: Uint8Array): Uint8Array =>
  encodeRelayedSetup(to.engine.idBytes, from.engine.idBytes, setup)

/** A member that exists on paper only: its keys, its certificate, and records signed by it. */
export class PaperMember {
  readonly #world: MeshWorld
  readonly #identity
  readonly id: Uint8Array
  readonly session
  readonly certificate: Uint8Array

  constructor(world: MeshWorld, identity = world.suite.identityKeys()) {
    const { suite, keys } = world
    this.#world = world
    this.#identity = identity
    this.session = suite.sessionKeys()
    this.id = memberIdBytes(suite, this.session.publicKey, this.#identity.publicKey)
    this.certificate = issueCertificate(
      suite,
      { identity: this.#identity, session: this.session, topic: keys.topic },
      world.nowMs,
    )
  }

  card(version = 1): MemberRecord {
    const content = {
      kind: 'card' as const,
      certificate: this.certificate,
      profile: new Uint8Array(2),
      addresses: [],
      capabilities: 2,
      maxLinks: 32,
      providers: ['anonymous'],
    }
    return rosterRecord(this.#world, this.id, version, content, this.#identity.secretKey)
  }

  links(neighbors: readonly Uint8Array[], version = 1, gone = false): MemberRecord {
    const list = neighbors.map((id) => ({ id, rttClass: 0 }))
    const content = { kind: 'links' as const, gone, away: false, neighbors: list }
    return rosterRecord(this.#world, this.id, version, content, this.#identity.secretKey)
  }
}

export const rosterRecord = (
  world: MeshWorld,
  member: Uint8Array,
  version: number,
  content: Card | Links,
  secretKey: Uint8Array,
): MemberRecord => {
  const body = encodeRosterBody(member, version, content)
  const signature = world.suite.sign(secretKey, 'record', concatBytes(world.keys.topic, body))
  return { type: 'roster', record: concatBytes(body, signature) }
}
