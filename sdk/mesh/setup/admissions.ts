import type { Admission } from '../../crypto/auth.js'
import { FRAME } from '../../protocol/codes.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeRefusal, encodeRefusal, encodeRefusalBody, encodeRefusalFrame } from '../../protocol/refusal.js'
import { encodeBase64url } from '../../util/base64url.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { Peer, Way } from '../peer.js'
import { prefixed } from '../session/prefixed.js'

/** Who sends so many handshakes in a second that are none is not listened to for the rest of it. */
const MAX_FORGED = 10
const FORGED_WINDOW_MS = 1_000

/** Who may have a session with me by what, and how the others hear that they may not. */
export class Admissions {
  readonly #core: Core
  readonly #forged = new Map<string, number>()
  #forgedSinceMs = -Infinity

  constructor(core: Core) {
    this.#core = core
  }

  /** The first of mine that the member has too and that lets its identity in; `null` when there is none. */
  of(peer: Peer): Admission | null {
    const { admissions } = this.#core.options.keys
    const { identity } = peer.certificate
    return admissions.find(({ id, admits }) => peer.providers.includes(id) && admits(identity)) ?? null
  }

  /** My word to this member that there will be no session. */
  write(peer: Peer): Uint8Array {
    const { suite, options, idBytes } = this.#core
    const body = encodeRefusalBody(idBytes, peer.idBytes)
    const signature = suite.sign(options.identity.secretKey, 'refusal', concatBytes(options.keys.topic, body))
    const refusal = encodeRefusal({ from: idBytes, to: peer.idBytes, signature })
    return encodeRefusalFrame(suite.sealRandom(options.keys.helloKey, this.#associatedData, refusal))
  }

  /** Whether the frame is this member's word to me. */
  isGenuine(peer: Peer, frame: Uint8Array): boolean {
    const { suite, options, idBytes } = this.#core
    if (frame[0] !== FRAME.REFUSE) return false
    const opened = suite.openRandom(options.keys.helloKey, this.#associatedData, frame.subarray(1))
    const refusal = opened && decodedOrNull(opened)
    if (!refusal || !equalBytes(refusal.from, peer.idBytes) || !equalBytes(refusal.to, idBytes)) return false
    const body = concatBytes(options.keys.topic, encodeRefusalBody(refusal.from, refusal.to))
    return suite.verify(peer.certificate.identity, 'refusal', body, refusal.signature)
  }

  /** Every handshake costs the time of several key agreements, also one that is none. */
  isFlooded(way: Way, from: Peer | null): boolean {
    return (this.#counts().get(nameOf(way, from)) ?? 0) >= MAX_FORGED
  }

  noteForged(way: Way, from: Peer | null): void {
    const counts = this.#counts()
    const name = nameOf(way, from)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  #counts(): Map<string, number> {
    const { nowMs } = this.#core
    if (nowMs >= this.#forgedSinceMs + FORGED_WINDOW_MS) {
      this.#forged.clear()
      this.#forgedSinceMs = nowMs
    }
    return this.#forged
  }

  get #associatedData(): Uint8Array {
    return prefixed('refuse', this.#core.options.keys.topic)
  }
}

const nameOf = (way: Way, from: Peer | null): string => {
  if (way.type === 'server') return `server ${encodeBase64url(way.connection)}`
  return way.type === 'mesh' ? `mesh ${from?.id ?? ''}` : `${way.type} ${String(way.carrier)}`
}

const decodedOrNull = (bytes: Uint8Array): ReturnType<typeof decodeRefusal> | null => {
  try {
    return decodeRefusal(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
