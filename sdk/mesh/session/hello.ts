import type { CryptoSuite } from '../../crypto/suite.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeHello, encodeHello } from '../../protocol/hello.js'
import { verifyCertificate, type Introduced } from './certificates.js'
import { prefixed } from './prefixed.js'

interface GroupKeys {
  readonly topic: Uint8Array
  readonly helloKey: Uint8Array
  readonly admissions: readonly { readonly id: string }[]
}

const associatedData = (topic: Uint8Array): Uint8Array => prefixed('hello-ad', topic)

/** What the server shows of me to members. It can neither read it nor make one up. */
export const sealHello = (suite: CryptoSuite, keys: GroupKeys, certificate: Uint8Array): Uint8Array => {
  const providers = keys.admissions.map(({ id }) => id)
  return suite.sealRandom(keys.helloKey, associatedData(keys.topic), encodeHello({ certificate, providers }))
}

/** Who is introduced, or `null` when the hello is not of this group. */
export const openHello = (suite: CryptoSuite, keys: GroupKeys, hello: Uint8Array): Introduced | null => {
  const opened = suite.openRandom(keys.helloKey, associatedData(keys.topic), hello)
  if (opened === null) return null
  try {
    const { certificate: bytes, providers } = decodeHello(opened)
    const certificate = verifyCertificate(suite, keys.topic, bytes.slice())
    return certificate && { certificate, providers }
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
