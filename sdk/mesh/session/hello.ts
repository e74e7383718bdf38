import type { CryptoSuite } from '../../crypto/suite.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeHello, encodeHello } from '../../protocol/hello.js'
import { verifyCertificate, type VerifiedCertificate } from './certificates.js'
import { prefixed } from './prefixed.js'

interface GroupKeys {
  readonly topic: Uint8Array
  readonly helloKey: Uint8Array
}

const associatedData = (topic: Uint8Array): Uint8Array => prefixed('hello-ad', topic)

/** What the server shows of me to members. It can neither read it nor make one up. */
export const sealHello = (suite: CryptoSuite, keys: GroupKeys, certificate: Uint8Array): Uint8Array =>
  suite.sealRandom(keys.helloKey, associatedData(keys.topic), encodeHello({ certificate }))

/** Who is introduced, or `null` when the hello is not of this group. */
export const openHello = (suite: CryptoSuite, keys: GroupKeys, hello: Uint8Array): VerifiedCertificate | null => {
  const opened = suite.openRandom(keys.helloKey, associatedData(keys.topic), hello)
  if (opened === null) return null
  try {
    return verifyCertificate(suite, keys.topic, decodeHello(opened).certificate)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
