import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import { memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import { CERTIFICATE_BODY_BYTES, decodeCertificate } from '../../sdk/protocol/certificate.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { Reader } from '../../sdk/protocol/reader.js'
import { readRecord } from '../../sdk/protocol/records.js'
import { decodeRosterRecord, type Card, type RosterRecord } from '../../sdk/protocol/roster-record.js'
import { concatBytes, equalBytes } from '../../sdk/util/bytes.js'
import { text } from './memory.js'
import { secretMarker } from './network.js'

interface FrameWorld {
  readonly suite: CryptoSuite
  readonly topic: Uint8Array
  readonly fail: (rule: string, detail: string) => never
}

/** Frames that others carry, or whose transport may end at a proxy. */
const closed: ReadonlySet<number | undefined> = new Set([FRAME.RLY, FRAME.RHS, FRAME.GREET, FRAME.ATTACH, FRAME.SEALED])

/** Reads what honest members write to each other, for what nobody must be able to read and nobody must pass on. */
export class FrameWatch {
  readonly #world: FrameWorld
  /** When the newest certificate of a member was issued, of those published. */
  readonly #newest = new Map<string, number>()
  /** Cards found to be in order. */
  readonly #fit = new Set<string>()

  constructor(world: FrameWorld) {
    this.#world = world
  }

  written(by: string, frame: Uint8Array): void {
    if (closed.has(frame[0]) && isReadable(frame)) {
      const code = (frame[0] as number).toString(16)
      this.#world.fail('relay-reads', `${by} writes a frame 0x${code} in which others can read what they must not`)
    }
    if (frame[0] !== FRAME.PACK) return
    for (const card of cardsIn(frame)) this.#checkCard(by, card)
  }

  /** A certificate that everybody gets before any older one. */
  published(member: Uint8Array, issuedAt: number): void {
    const name = text(member)
    this.#newest.set(name, Math.max(this.#newest.get(name) ?? 0, issuedAt))
  }

  #checkCard(by: string, record: RosterRecord & { readonly content: Card }): void {
    const { suite, topic, fail } = this.#world
    const { member, content, body, signature } = record
    const { issuedAt, ...certificate } = decodeCertificate(content.certificate)
    if (issuedAt < (this.#newest.get(text(member)) ?? 0)) {
      fail('older-certificate', `${by} passes on a card with a certificate older than one that it has seen`)
    }
    this.published(member, issuedAt)
    const name = text(signature)
    if (this.#fit.has(name)) return
    if (!equalBytes(certificate.topic, topic)) fail('foreign-certificate', `${by} passes on a card of another group`)
    if (!equalBytes(memberIdBytes(suite, certificate.session, certificate.identity), member)) {
      fail('misnamed-card', `${by} passes on a card whose certificate is another member's`)
    }
    const stated = content.certificate.subarray(0, CERTIFICATE_BODY_BYTES)
    if (!suite.verify(certificate.identity, 'cert', stated, certificate.signature)) {
      fail('forged-certificate', `${by} passes on a certificate that its identity has not signed`)
    }
    if (!suite.verify(certificate.identity, 'record', concatBytes(topic, body), signature))
      fail('unsigned-card', `${by} passes on a card that its identity has not signed`)
    this.#fit.add(name)
  }
}

const isReadable = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(secretMarker)

const cardsIn = (frame: Uint8Array): (RosterRecord & { readonly content: Card })[] => {
  const cards: (RosterRecord & { readonly content: Card })[] = []
  const reader = new Reader(frame.subarray(1))
  while (reader.left > 0) {
    const record = readRecord(reader)
    if (record.type !== 'roster') continue
    const decoded = decodeRosterRecord(record.record)
    if (decoded.content.kind === 'card') cards.push({ ...decoded, content: decoded.content })
  }
  return cards
}
