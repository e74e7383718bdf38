import { CERTIFICATE_BYTES } from './certificate.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, requireField } from './fields.js'
import { pad, unpad } from './padding.js'

/** What members show each other through the signaling server, sealed under the group's key. */
export interface Hello {
  readonly certificate: Uint8Array
}

const FIELD = { CERTIFICATE: 1 } as const

const PADDING = 64

export const encodeHello = (hello: Hello): Uint8Array =>
  pad(encodeFields([[FIELD.CERTIFICATE, hello.certificate]]), PADDING)

export const decodeHello = (bytes: Uint8Array): Hello => {
  const certificate = requireField(decodeFields(unpad(bytes)), FIELD.CERTIFICATE)
  if (certificate.length !== CERTIFICATE_BYTES) throw new DecodeError('bad certificate length')
  return { certificate }
}
