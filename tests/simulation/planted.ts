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
  /** What takes the place of what modules of the engine export, by its name there. */
  readonly swaps?: Readonly<Record<string, unknown>>
  /** What a replay window takes beside what it should; `before` was the highest counter before the one that is now. */
  readonly windowTakes?: (counter: number, window: { highest: number; before: number; size: number }) => boolean
}

export const planted: {
  fault: Planted
  /** The record that a roster is looking at. */
  record: Uint8Array | null
} = { fault: {}, record: null }

/** A module whose exports are those that the fault of the day puts in their place. */
export const swappable = <Exports extends object>(genuine: Exports): Exports => {
  const swapped = {}
  for (const [name, value] of Object.entries(genuine) as [string, unknown][]) {
    Object.defineProperty(swapped, name, { enumerable: true, get: () => planted.fault.swaps?.[name] ?? value })
  }
  return swapped as Exports
}
