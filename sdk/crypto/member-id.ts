import type { CryptoSuite } from './suite.js'

const MEMBER_ID_BYTES = 16

/** The 16 bytes that name a member: whoever would take the id needs the session key that it is made from. */
export const memberIdOf = (suite: Pick<CryptoSuite, 'kdf'>, sessionPublicKey: Uint8Array): Uint8Array =>
  suite.kdf(null, 'sid', sessionPublicKey).slice(0, MEMBER_ID_BYTES)
