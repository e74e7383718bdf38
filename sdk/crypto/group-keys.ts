import { encodeBase64url } from '../util/base64url.js'
import { deriveAdmission, type Admission, type AuthProvider } from './auth.js'
import type { CryptoSuite } from './suite.js'

const GROUP_ID_BYTES = 16
const EPOCH_ZERO = new Uint8Array(4)

/** What members of one group share. */
export interface GroupKeys {
  /** Names the group to the signaling server, which learns nothing else of the key. */
  readonly topic: Uint8Array
  readonly helloKey: Uint8Array
  /** In the order of the providers. */
  readonly admissions: readonly Admission[]
  /** Names the group to its members; 22 base64url characters. */
  readonly groupId: string
}

/** Final: the topic is on the wire, and the others decide who understands whom. */
export const deriveGroupKeys = (
  suite: Pick<CryptoSuite, 'kdf'>,
  secret: Uint8Array,
  providers: readonly AuthProvider[],
  onError: (error: unknown) => void = () => undefined,
): GroupKeys => {
  const topic = suite.kdf(secret, 'topic', EPOCH_ZERO)
  return {
    topic,
    helloKey: suite.kdf(secret, 'hello', topic),
    admissions: providers.map((provider) => deriveAdmission(suite, secret, topic, provider, onError)),
    groupId: encodeBase64url(suite.kdf(secret, 'group-id').subarray(0, GROUP_ID_BYTES)),
  }
}
