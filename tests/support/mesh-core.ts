import type { KeyPair } from '../../sdk/crypto/suite.js'
import { Core } from '../../sdk/mesh/core.js'
import type {
  CarrierId,
  Closing,
  DeliveryFailure,
  DeliveryReport,
  Effects,
  EngineNotice,
  Delivery,
} from '../../sdk/mesh/events.js'
import { Link } from '../../sdk/mesh/link.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import { Peer } from '../../sdk/mesh/peer.js'
import { issueCertificate, verifyCertificate, type VerifiedCertificate } from '../../sdk/mesh/session/certificates.js'
import type { Card, Links } from '../../sdk/protocol/roster-record.js'
import { encodeRosterBody } from '../../sdk/protocol/roster-record.js'
import { compareBytes, concatBytes, encodeUtf8 } from '../../sdk/util/bytes.js'
import { createSimulatedCrypto } from '../simulation/crypto.js'
import { Random } from './random.js'

/** All that one part of an engine asked of the world, in order. */
class RecordedEffects implements Effects {
  readonly opened: CarrierId[] = []
  readonly links: { readonly carrier: CarrierId; readonly id: string; readonly remote: Uint8Array | null }[] = []
  readonly dialed: { readonly carrier: CarrierId; readonly address: string }[] = []
  readonly signals: { readonly carrier: CarrierId; readonly bytes: Uint8Array }[] = []
  readonly writes: { readonly carrier: CarrierId; readonly lane: string; readonly bytes: Uint8Array }[] = []
  readonly closes: { readonly carrier: CarrierId; readonly how: Closing }[] = []
  readonly delivered: Delivery[] = []
  readonly streams: Parameters<Effects['streamOpened']>[0][] = []
  readonly settled: number[] = []
  readonly reports: { readonly submission: number; readonly report: DeliveryReport }[] = []
  readonly failures: { readonly submission: number; readonly failure: DeliveryFailure }[] = []
  readonly notices: EngineNotice[] = []
  readonly wakes: number[] = []

  openServer(carrier: CarrierId): void {
    this.opened.push(carrier)
  }

  openLink(carrier: CarrierId, id: string, remote: Uint8Array | null): void {
    this.links.push({ carrier, id, remote })
  }

  expectLink(): void {}

  dialLink(carrier: CarrierId, address: string): void {
    this.dialed.push({ carrier, address })
  }

  signalLink(carrier: CarrierId, bytes: Uint8Array): void {
    this.signals.push({ carrier, bytes })
  }

  write(carrier: CarrierId, lane: string, bytes: Uint8Array): void {
    this.writes.push({ carrier, lane, bytes: bytes.slice() })
  }

  close(carrier: CarrierId, how: Closing): void {
    this.closes.push({ carrier, how })
  }

  deliver(message: Delivery): void {
    this.delivered.push(message)
  }

  linkBound(): void {
    // What is tested with this needs none of it.
  }

  streamOpened(opened: Parameters<Effects['streamOpened']>[0]): void {
    this.streams.push(opened)
  }

  acknowledged(): void {
    // What is tested with this needs none of it.
  }

  reported(submission: number, report: DeliveryReport): void {
    this.reports.push({ submission, report })
  }

  failed(submission: number, failure: DeliveryFailure): void {
    this.failures.push({ submission, failure })
  }

  admitted(submission: number): void {
    this.settled.push(submission)
  }

  emit(notice: EngineNotice): void {
    this.notices.push(notice)
  }

  wake(atMs: number): void {
    this.wakes.push(atMs)
  }
}

/** A member as its keys, and what it signs. */
export interface KeyedMember {
  readonly identity: KeyPair
  readonly session: KeyPair
  readonly bytes: Uint8Array
  readonly certificate: VerifiedCertificate
  card(version?: number, fields?: Partial<Card>): Uint8Array
  links(neighbors: readonly (readonly [KeyedMember, number])[], version?: number, gone?: boolean): Uint8Array
}

/** One group's keys, and members of it that exist on paper. */
export const setupGroupKeys = (seed: number | string = 1) => {
  const { suite, keys } = createSimulatedCrypto(new Random(seed))
  const sign = (member: Uint8Array, identity: KeyPair, version: number, content: Card | Links): Uint8Array => {
    const body = encodeRosterBody(member, version, content)
    return concatBytes(body, suite.sign(identity.secretKey, 'record', concatBytes(keys.topic, body)))
  }
  const createMember = (issuedMs = 1_000): KeyedMember => {
    const identity = suite.identityKeys()
    const session = suite.sessionKeys()
    const bytes = issueCertificate(suite, { identity, session, topic: keys.topic }, issuedMs)
    const certificate = verifyCertificate(suite, keys.topic, bytes)
    if (certificate === null) throw new Error('a certificate that does not verify')
    const { memberBytes } = certificate
    return {
      identity,
      session,
      bytes,
      certificate,
      card: (version = 1, fields = {}) => {
        const profile = encodeUtf8('{}')
        const content = {
          kind: 'card' as const,
          certificate: bytes,
          profile,
          addresses: [],
          capabilities: 2,
          maxLinks: 32,
          providers: ['anonymous'],
          ...fields,
        }
        return sign(memberBytes, identity, version, content)
      },
      links: (neighbors, version = 1, gone = false) => {
        const list = neighbors.map(([to, rttClass]) => ({ id: to.certificate.memberBytes, rttClass }))
        return sign(memberBytes, identity, version, { kind: 'links', gone, away: false, neighbors: list })
      },
    }
  }
  /** `count` members, ids ascending. */
  const createMembers = (count: number): KeyedMember[] =>
    Array.from({ length: count }, () => createMember()).sort((a, b) =>
      compareBytes(a.certificate.memberBytes, b.certificate.memberBytes),
    )
  return { suite, keys, createMember, createMembers, sign }
}

/** What the parts of an engine share, with a member of its own, at time 1,000. */
export const setupCore = (options: Partial<EngineOptions> = {}, seed: number | string = 1) => {
  const group = setupGroupKeys(seed)
  const me = group.createMember()
  const core = new Core(
    {
      suite: group.suite,
      keys: group.keys,
      identity: me.identity,
      session: me.session,
      profile: encodeUtf8('{}'),
      bot: false,
      addresses: [],
      dials: false,
      relay: true,
      server: true,
      canLink: () => true,
      limits: { messageBytes: 1_048_576, maxLinks: 32, stallMs: 5_000 },
      lingerMs: 10_000,
      ...options,
    },
    1_000,
  )
  const effects = new RecordedEffects()
  core.effects = effects
  const addPeer = (member = group.createMember()): Peer => {
    const isInitiator = compareBytes(core.idBytes, member.certificate.memberBytes) < 0
    const peer = new Peer({ certificate: member.certificate, providers: ['anonymous'] }, isInitiator, core.nowMs)
    core.peers.set(peer.id, peer)
    return peer
  }
  /** A peer with a bound link. */
  const addNeighbor = (member = group.createMember()): { member: KeyedMember; peer: Peer; link: Link } => {
    const peer = addPeer(member)
    const link = new Link(core.nextCarrier(), peer, core.nowMs)
    link.state = 'bound'
    link.pace.report(1_048_576, core.nowMs)
    peer.link = link
    core.links.set(link.carrier, link)
    return { member, peer, link }
  }
  return { ...group, me, core, effects, addPeer, addNeighbor }
}
