import type { Lane } from '../protocol/carrier.js'
import { FRAME } from '../protocol/codes.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_FRAME_BYTES, MAX_MEMBER_FRAME_BYTES } from '../protocol/limits.js'
import { encodeRecord, readRecord, type MemberRecord } from '../protocol/records.js'
import { relayedSetup, relaySessionMark } from '../protocol/relay-frames.js'
import { Reader } from '../protocol/reader.js'
import { encodeBase64url } from '../util/base64url.js'
import { equalBytes } from '../util/bytes.js'
import { ControlQueue } from './control-queue.js'
import type { Core } from './core.js'
import type { Link } from './link.js'
import type { Liveness } from './liveness/liveness.js'
import type { Probes } from './liveness/probes.js'
import type { Peer } from './peer.js'
import type { Gossip } from './roster/gossip.js'
import type { Forwarder } from './route/forwarder.js'
import type { Spreader } from './route/spreader.js'
import type { Connector } from './setup/connector.js'
import type { LinkChoice } from './setup/link-choice.js'
import type { KeptLinks } from './setup/kept-links.js'
import type { Streams } from './stream/streams.js'
import { ProtocolViolation } from './violation.js'

interface Parts {
  readonly core: Core
  readonly forwarder: Forwarder
  readonly spreader: Spreader
  readonly connector: Connector
  readonly links: LinkChoice
  readonly liveness: Liveness
  readonly probes: Probes
  readonly gossip: Gossip
  readonly kept: KeptLinks
  readonly streams: Streams
  /** A member broke the protocol where no link can be blamed. */
  readonly expel: (peer: Peer) => void
}

/** What one sealed frame may ask me to answer, in bytes of the answers. */
const MAX_ANSWER_BYTES = 1_024

const isMisconduct = (error: unknown): error is DecodeError | ProtocolViolation =>
  error instanceof DecodeError || error instanceof ProtocolViolation

/** Takes what links bring apart, frame by frame and record by record, and hands each piece to whom it concerns. */
export class Inbound {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whatever a link brings that the protocol forbids ends that link, and nothing else. */
  handle(link: Link, lane: Lane, bytes: Uint8Array): void {
    const { core, connector } = this.#parts
    core.counters.bytesReceived += bytes.length
    try {
      this.#frame(link, lane, bytes)
    } catch (error) {
      if (!isMisconduct(error)) throw error
      core.log?.('warn', 'link:misconduct', { member: link.peer.id, carrier: link.carrier, what: error.message })
      core.effects.close(link.carrier, 'misconduct')
      connector.handleLinkClosed(link)
    }
  }

  #frame(link: Link, lane: Lane, bytes: Uint8Array): void {
    const { core, connector, forwarder, liveness } = this.#parts
    if (bytes.length > MAX_FRAME_BYTES) throw new ProtocolViolation('frame too long')
    if (link.state !== 'bound' && link.state !== 'kept') {
      // The unreliable lane may be ahead of BIND; nothing on it matters enough to be kept.
      if (lane === 'reliable') connector.handleBind(link, bytes)
      return
    }
    const frame = link.cipher === null ? bytes : link.cipher.open(bytes)
    if (frame === null) throw new ProtocolViolation('frame does not open')
    if (frame.length > MAX_MEMBER_FRAME_BYTES) throw new ProtocolViolation('frame too long')
    if (link.state === 'kept') return this.#parts.kept.handle(link, frame)
    liveness.heard(link.peer, link)
    if (frame[0] === FRAME.PACK) {
      const isThisEpoch = link.session?.epoch === link.peer.epoch
      return this.#records(link.peer, link, frame.subarray(1), isThisEpoch, link.control)
    }
    if (frame[0] === FRAME.BCAST) return this.#broadcast(frame, link)
    if (frame[0] !== FRAME.RLY && frame[0] !== FRAME.RHS) throw new ProtocolViolation('unknown frame')
    const address = forwarder.take(frame, link)
    if (address === null) return
    const from = core.peers.get(encodeBase64url(address.src)) ?? null
    if (frame[0] === FRAME.RHS) {
      connector.handleSetup(relayedSetup(frame), { type: 'mesh', carrier: link.carrier }, from)
    } else if (from !== null) this.#relayed(from, frame, link)
  }

  /** A sealed frame for me. What does not open may be a relay's doing: it is dropped, and nobody is blamed. */
  #relayed(peer: Peer, frame: Uint8Array, link: Link): void {
    const { core, connector, liveness, probes, expel } = this.#parts
    const session = peer.sessionOf(relaySessionMark(frame), equalBytes)
    const records = session?.openRelay(frame) ?? null
    if (session === null || records === null) return
    core.counters.relayedFramesReceived++
    core.counters.relayedBytesReceived += frame.length
    connector.confirm(peer, session)
    liveness.heard(peer, null)
    try {
      const answers = new ControlQueue(MAX_ANSWER_BYTES)
      this.#records(peer, null, records, session.epoch === peer.epoch, answers)
      this.#acknowledge(peer, link, answers)
      probes.answer(peer, link, answers)
    } catch (error) {
      if (!isMisconduct(error)) throw error
      core.log?.('warn', 'member:misconduct', { member: peer.id, what: error.message })
      expel(peer)
    }
  }

  /** What came by another way than mine is acknowledged by that way too: of the two, it is the one known to work. */
  #acknowledge(peer: Peer, link: Link, answers: ControlQueue): void {
    if (peer.path.kind === 'relayed' && peer.relayNext === link.peer.id) return
    const acks = [...this.#parts.streams.copyAcks(peer)]
    if (acks.length === 0) return
    for (const ack of acks) answers.push(encodeRecord(ack))
    this.#parts.liveness.check(peer)
  }

  /** Signed by its author: what is wrong with its records is nobody else's doing. */
  #broadcast(frame: Uint8Array, link: Link): void {
    const { spreader, streams, expel } = this.#parts
    const taken = spreader.take(frame, link)
    if (taken === null) return
    const reader = new Reader(taken.records)
    try {
      while (reader.left > 0) {
        const record = readRecord(reader)
        if (record.type !== 'all') throw new ProtocolViolation('not for all')
        streams.receive(taken.author, record, 'tree')
      }
    } catch (error) {
      if (!isMisconduct(error)) throw error
      expel(taken.author)
    }
  }

  #records(peer: Peer, link: Link | null, bytes: Uint8Array, isThisEpoch: boolean, answers: ControlQueue): void {
    const reader = new Reader(bytes)
    while (reader.left > 0) {
      const record = readRecord(reader)
      if (record.type === 'ping') this.#parts.liveness.handlePing(peer, answers, record.id)
      else this.#record(peer, link, record, isThisEpoch)
    }
  }

  /** What belongs to streams of another epoch is late, and dropped. */
  #record(peer: Peer, link: Link | null, record: Exclude<MemberRecord, { type: 'ping' }>, isThisEpoch: boolean): void {
    const { core, connector, links, liveness, gossip, streams } = this.#parts
    switch (record.type) {
      case 'pong':
        return liveness.handlePong(peer, record.id)
      case 'use':
        if (link === null) throw new ProtocolViolation('names no link')
        return links.handleUse(link)
      case 'again':
        if (link === null) throw new ProtocolViolation('names no link')
        return connector.handleAgain(link)
      case 'digest':
      case 'roster':
        if (link === null) throw new ProtocolViolation('roster record through a relay')
        if (record.type === 'digest') gossip.handleDigest(link, record.entries)
        else gossip.handleRecord(link, record.record)
        return
      case 'ack':
        if (!isThisEpoch) return
        peer.acknowledgedMs = core.nowMs
        return streams.acknowledged(peer, record)
      case 'reset':
        if (isThisEpoch) streams.reset(peer, record)
        return
      case 'datagram':
        if (isThisEpoch) streams.datagram(peer, record)
        return
      case 'open':
        if (isThisEpoch) streams.opened(peer, record)
        return
      case 'stop':
        if (isThisEpoch) streams.stopped(peer, record)
        return
      case 'all':
      case 'one':
        if (isThisEpoch) streams.receive(peer, record)
    }
  }
}
