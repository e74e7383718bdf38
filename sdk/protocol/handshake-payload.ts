import { CERTIFICATE_BYTES } from './certificate.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField, requireField } from './fields.js'
import { MAX_DESCRIPTION_BYTES } from './limits.js'
import { pad, unpad } from './padding.js'

/** What HS1 and HS2 carry sealed. */
export interface HandshakePayload {
  readonly certificate: Uint8Array
  /** HS1: counts this initiator's tries in this join. HS2: the try that it answers. */
  readonly attempt: number
  /** HS1: the pair epoch proposed, 0 for none yet. HS2: the one agreed. */
  readonly epoch: number
  /** The sender holds no stream state of the epoch it names. */
  readonly fresh: boolean
  /** Should the epoch be new: the sender's first broadcast and first private message in it. */
  readonly firstBroadcast: number
  readonly firstPrivate: number
  /** HS1: an offer, HS2: its answer; `null` for a session without a link. */
  readonly description: Uint8Array | null
}

const FIELD = {
  CERTIFICATE: 1,
  ATTEMPT: 2,
  EPOCH: 3,
  FRESH: 4,
  FIRST_BROADCAST: 5,
  FIRST_PRIVATE: 6,
  DESCRIPTION: 7,
} as const

const PADDING = 128

export const encodeHandshakePayload = (payload: HandshakePayload): Uint8Array => {
  const fields: [number, Uint8Array][] = [
    [FIELD.CERTIFICATE, payload.certificate],
    [FIELD.ATTEMPT, encodeNumber(payload.attempt)],
    [FIELD.EPOCH, encodeNumber(payload.epoch)],
    [FIELD.FRESH, encodeNumber(payload.fresh ? 1 : 0)],
    [FIELD.FIRST_BROADCAST, encodeNumber(payload.firstBroadcast)],
    [FIELD.FIRST_PRIVATE, encodeNumber(payload.firstPrivate)],
  ]
  if (payload.description !== null) fields.push([FIELD.DESCRIPTION, payload.description])
  return pad(encodeFields(fields), PADDING)
}

export const decodeHandshakePayload = (bytes: Uint8Array): HandshakePayload => {
  const fields = decodeFields(unpad(bytes))
  const certificate = requireField(fields, FIELD.CERTIFICATE)
  if (certificate.length !== CERTIFICATE_BYTES) throw new DecodeError('bad certificate length')
  const description = fields.get(FIELD.DESCRIPTION) ?? null
  if (description !== null && description.length > MAX_DESCRIPTION_BYTES) throw new DecodeError('description too long')
  return {
    certificate,
    attempt: numberField(fields, FIELD.ATTEMPT, 0),
    epoch: numberField(fields, FIELD.EPOCH, 0),
    fresh: numberField(fields, FIELD.FRESH, 1) !== 0,
    firstBroadcast: numberField(fields, FIELD.FIRST_BROADCAST, 1),
    firstPrivate: numberField(fields, FIELD.FIRST_PRIVATE, 1),
    description,
  }
}
