import * as encoding from 'lib0/encoding'
import { CERTIFICATE_BYTES } from './certificate.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField, requireField } from './fields.js'
import {
  MAX_ADDRESSES,
  MAX_ADDRESS_BYTES,
  MAX_NEIGHBORS,
  MAX_PROFILE_BYTES,
  MAX_RECORD_BYTES,
  MEMBER_ID_BYTES,
  SIGNATURE_BYTES,
} from './limits.js'
import { decodeProviders, encodeProviders } from './providers.js'
import { Reader } from './reader.js'
import { decodeTexts, encodeTexts } from './text-list.js'

/** What a member says of itself: once, and when it changes. */
export interface Card {
  readonly kind: 'card'
  readonly certificate: Uint8Array
  readonly profile: Uint8Array
  /** Where sockets may be opened to it: `wss:` URLs, or `ws:` ones where that is allowed. */
  readonly addresses: readonly string[]
  readonly capabilities: number
  /** Ids of its auth providers, best first. */
  readonly providers: readonly string[]
  /** How many links it has at most. */
  readonly maxLinks: number
}

/** Whom a member is linked to, with the round-trip class of each; or that it has left, for good or for a while. */
export interface Links {
  readonly kind: 'links'
  readonly gone: boolean
  /** It has closed everything and may come back as the same member. */
  readonly away: boolean
  readonly neighbors: readonly Neighbor[]
}

export interface Neighbor {
  readonly id: Uint8Array
  readonly rttClass: number
}

/** A card or links record as it spreads: newest version wins. */
export interface RosterRecord {
  readonly member: Uint8Array
  readonly version: number
  readonly content: Card | Links
  readonly signature: Uint8Array
  /** The bytes that the signature covers. */
  readonly body: Uint8Array
}

/** Bits of a card's capabilities. */
export const CAPABILITY = { BOT: 1, RELAY: 2 } as const

const KIND = { card: 1, links: 2 } as const
const CARD_FIELD = { CERTIFICATE: 1, PROFILE: 2, ADDRESSES: 3, CAPABILITIES: 4, PROVIDERS: 5, MAX_LINKS: 6 } as const
const LINKS_FIELD = { GONE: 1, NEIGHBORS: 2, AWAY: 3 } as const
/** What most members have, and so is not written. */
const USUAL_LINKS = 32
const NEIGHBOR_BYTES = MEMBER_ID_BYTES + 1

const encodeCard = (card: Card): Uint8Array => {
  const providers = encodeProviders(card.providers)
  return encodeFields([
    [CARD_FIELD.CERTIFICATE, card.certificate],
    [CARD_FIELD.PROFILE, card.profile],
    ...(card.addresses.length === 0 ? [] : [[CARD_FIELD.ADDRESSES, encodeTexts(card.addresses)] as const]),
    [CARD_FIELD.CAPABILITIES, encodeNumber(card.capabilities)],
    ...(providers === null ? [] : [[CARD_FIELD.PROVIDERS, providers] as const]),
    ...(card.maxLinks === USUAL_LINKS ? [] : [[CARD_FIELD.MAX_LINKS, encodeNumber(card.maxLinks)] as const]),
  ])
}

const encodeLinks = (links: Links): Uint8Array => {
  const neighbors = new Uint8Array(links.neighbors.length * NEIGHBOR_BYTES)
  links.neighbors.forEach((neighbor, index) => {
    neighbors.set(neighbor.id, index * NEIGHBOR_BYTES)
    neighbors[index * NEIGHBOR_BYTES + MEMBER_ID_BYTES] = neighbor.rttClass
  })
  return encodeFields([
    [LINKS_FIELD.GONE, encodeNumber(links.gone ? 1 : 0)],
    [LINKS_FIELD.NEIGHBORS, neighbors],
    ...(links.away ? [[LINKS_FIELD.AWAY, encodeNumber(1)] as const] : []),
  ])
}

/** The part that is signed; the record is this and the signature. */
export const encodeRosterBody = (member: Uint8Array, version: number, content: Card | Links): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, KIND[content.kind])
    encoding.writeUint8Array(encoder, member)
    encoding.writeVarUint(encoder, version)
    encoding.writeVarUint8Array(encoder, content.kind === 'card' ? encodeCard(content) : encodeLinks(content))
  })

const decodeCard = (bytes: Uint8Array): Card => {
  const fields = decodeFields(bytes)
  const certificate = requireField(fields, CARD_FIELD.CERTIFICATE)
  if (certificate.length !== CERTIFICATE_BYTES) throw new DecodeError('bad certificate length')
  const profile = requireField(fields, CARD_FIELD.PROFILE)
  if (profile.length > MAX_PROFILE_BYTES) throw new DecodeError('profile too long')
  const addresses = decodeTexts(fields.get(CARD_FIELD.ADDRESSES) ?? new Uint8Array(), {
    count: MAX_ADDRESSES,
    bytes: MAX_ADDRESS_BYTES,
  })
  const providers = decodeProviders(fields.get(CARD_FIELD.PROVIDERS))
  const capabilities = numberField(fields, CARD_FIELD.CAPABILITIES, 0)
  const maxLinks = numberField(fields, CARD_FIELD.MAX_LINKS, USUAL_LINKS)
  return { kind: 'card', certificate, profile, addresses, capabilities, providers, maxLinks }
}

const decodeLinks = (bytes: Uint8Array): Links => {
  const fields = decodeFields(bytes)
  const list = requireField(fields, LINKS_FIELD.NEIGHBORS)
  if (list.length % NEIGHBOR_BYTES !== 0 || list.length > MAX_NEIGHBORS * NEIGHBOR_BYTES) {
    throw new DecodeError('bad neighbor list')
  }
  const neighbors: Neighbor[] = []
  for (let at = 0; at < list.length; at += NEIGHBOR_BYTES) {
    neighbors.push({
      id: list.subarray(at, at + MEMBER_ID_BYTES),
      rttClass: list[at + MEMBER_ID_BYTES] as number,
    })
  }
  const gone = numberField(fields, LINKS_FIELD.GONE, 0) !== 0
  const away = numberField(fields, LINKS_FIELD.AWAY, 0) !== 0
  return { kind: 'links', gone, away, neighbors }
}

export interface RosterRecordHead {
  readonly kind: 'card' | 'links'
  readonly member: Uint8Array
  readonly version: number
}

/** Whose record it is and which, without the rest; `null` for what cannot be one. */
export const rosterRecordHead = (bytes: Uint8Array): RosterRecordHead | null => {
  try {
    const reader = new Reader(bytes)
    const kind = reader.u8() === KIND.card ? 'card' : 'links'
    return { kind, member: reader.bytes(MEMBER_ID_BYTES), version: reader.varint() }
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

export const decodeRosterRecord = (bytes: Uint8Array): RosterRecord => {
  if (bytes.length > MAX_RECORD_BYTES) throw new DecodeError('record too long')
  const reader = new Reader(bytes)
  const kind = reader.u8()
  const member = reader.bytes(MEMBER_ID_BYTES)
  const version = reader.varint()
  const content = reader.prefixed(MAX_RECORD_BYTES)
  const body = bytes.subarray(0, reader.position)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  if (kind === KIND.card) return { member, version, content: decodeCard(content), signature, body }
  if (kind === KIND.links) return { member, version, content: decodeLinks(content), signature, body }
  throw new DecodeError('unknown roster record')
}
