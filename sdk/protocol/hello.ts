import { CERTIFICATE_BYTES } from './certificate.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, requireField } from './fields.js'
import { pad, unpad } from './padding.js'
import { decodeProviders, encodeProviders } from './providers.js'

/** What members show each other through the signaling server, sealed under the group's key. */
export interface Hello {
  readonly certificate: Uint8Array
  /** Ids of its auth providers, best first. */
  readonly providers: readonly string[]
}

const FIELD = { CERTIFICATE: 1, PROVIDERS: 2 } as const

const PADDING = 64

export const encodeHello = (hello: Hello): Uint8Array => {
  const providers = encodeProviders(hello.providers)
  const fields: [number, Uint8Array][] = [[FIELD.CERTIFICATE, hello.certificate]]
  if (providers !== null) fields.push([FIELD.PROVIDERS, providers])
  return pad(encodeFields(fields), PADDING)
}

export const decodeHello = (bytes: Uint8Array): Hello => {
  const fields = decodeFields(unpad(bytes))
  const certificate = requireField(fields, FIELD.CERTIFICATE)
  if (certificate.length !== CERTIFICATE_BYTES) throw new DecodeError('bad certificate length')
  return { certificate, providers: decodeProviders(fields.get(FIELD.PROVIDERS)) }
}
