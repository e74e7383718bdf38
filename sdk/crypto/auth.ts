import type { CryptoSuite } from './suite.js'
import { encodeBase64url } from '../util/base64url.js'
import { encodeUtf8 } from '../util/bytes.js'

/**
 * One way to let members in beyond the group key. Two members need one in common: the one that begins takes the first
 * of its own that the other has too, by `id`. Whoever lacks it is refused before a connection is made.
 */
export interface AuthProvider {
  /** Seen by whoever has the group key: 1 to 32 characters of a-z, 0-9 and `-`. */
  readonly id: string
  /**
   * What both members must have. It goes into the key of their handshake and nowhere else.
   * @default none
   */
  readonly secret?: Uint8Array | undefined
  /**
   * Whether a member may come in by its identity (43 characters), which it has proved or will have to prove before
   * anything else comes of it. Both sides are asked, at any time and again. A throw, and what is no boolean (a promise),
   * counts as no and is reported.
   * @default everybody may
   */
  admits?(identity: string): boolean
}

/** A provider, as sessions are made by it in one group. */
export interface Admission {
  readonly id: string
  /** Of the group key and the provider's secret: 32 bytes. */
  readonly psk: Uint8Array
  /** Whether a member that has both may come in, by its identity: 32 bytes. Never throws. */
  readonly admits: (identity: Uint8Array) => boolean
}

const nothing = new Uint8Array()

/** Whoever writes an asynchronous rule would let everybody in, if what it gives were taken for a yes. */
const checkAnswer = (id: string, answer: unknown): boolean => {
  if (typeof answer === 'boolean') return answer
  if (answer instanceof Promise) answer.catch(() => undefined)
  throw new TypeError(`member could not be let in: "admits" of "${id}" gave no boolean but ${typeof answer}`)
}

/** `onError` is told of what a provider throws. */
export const deriveAdmission = (
  suite: Pick<CryptoSuite, 'kdf'>,
  groupSecret: Uint8Array,
  topic: Uint8Array,
  provider: AuthProvider,
  onError: (error: unknown) => void,
): Admission => ({
  id: provider.id,
  psk: suite.kdf(groupSecret, 'psk', topic, encodeUtf8(provider.id), provider.secret ?? nothing),
  admits: (identity) => {
    if (provider.admits === undefined) return true
    try {
      return checkAnswer(provider.id, provider.admits(encodeBase64url(identity)))
    } catch (error) {
      onError(error)
      return false
    }
  },
})
