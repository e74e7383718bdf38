import type { openRandom, sealRandom } from '../../sdk/crypto/aead.js'
import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import type { verifyCertificate } from '../../sdk/mesh/session/certificates.js'

type Replacing<Genuine extends (...args: never[]) => unknown> = (
  genuine: Genuine,
  ...args: Parameters<Genuine>
) => ReturnType<Genuine>

/**
 * What takes the place of the genuine while a fault is planted. `faults.test.ts` puts modules before the engine's own
 * that look here: functions and constructors of modules cannot be replaced from outside.
 */
export interface Planted {
  readonly verifyCertificate?: Replacing<typeof verifyCertificate>
  readonly sealRandom?: Replacing<typeof sealRandom>
  readonly openRandom?: Replacing<typeof openRandom>
  /** What sessions are handed. */
  readonly sessionSuite?: (suite: CryptoSuite) => CryptoSuite
  /** What rosters are handed. */
  readonly rosterSuite?: (suite: CryptoSuite) => CryptoSuite
  /** What handshakes are answered with. */
  readonly answeringSuite?: (suite: CryptoSuite) => CryptoSuite
  readonly checksBind?: false
  readonly confirmsAtOnce?: true
  /** What a replay window takes beside what it should; `before` was the highest counter before the one that is now. */
  readonly windowTakes?: (counter: number, window: { highest: number; before: number; size: number }) => boolean
}

export const planted: {
  fault: Planted
  /** The record that a roster is looking at. */
  record: Uint8Array | null
} = { fault: {}, record: null }
