import type { Admission } from '../../crypto/auth.js'
import { FRAME } from '../../protocol/codes.js'
import { DecodeError } from '../../protocol/decode-error.js'
import {
  ABOUT_NO_OFFER,
  decodeRefusal,
  encodeRefusal,
  encodeRefusalBody,
  encodeRefusalFrame,
  type Refusal,
} from '../../protocol/refusal.js'
import { encodeBase64url } from '../../util/base64url.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { Peer, Way } from '../peer.js'
import { prefixed } from '../session/prefixed.js'

/** Who sends so many handshakes in a second that are none is not listened to for the rest of it. */
const MAX_FORGED = 10
/** Whatever names they bear. */
const MAX_FORGED_BY_LINK = 50
const MAX_FORGED_BY_SERVER = 200
const FORGED_WINDOW_MS = 1_000

/** Who may have a session with me by what, and how the others hear that they may not. */
export class Admissions {
  readonly #core: Core
  readonly #forged = new Map<string, number>()
  #forgedSinceMs = -Infinity

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * The first of mine that the member has too and that lets its identity in; `null` when there is none. What providers it
   * has is best told by its card, which it has signed: a hello may have been put together by anyone in the group.
   */
  of(peer: Peer): Admission | null {
    const { options, roster } = this.#core
    const { identity } = peer.certificate
    const theirs = roster.get(peer.id)?.card.content.providers ?? peer.providers
    return options.keys.admissions.find(({ id, admits }) => theirs.includes(id) && admits(identity)) ?? null
  }

  /** Names an HS1, down to its last bit: a damaged one is another. */
  markOf(offer: Uint8Array): Uint8Array {
    return this.#core.suite.kdf(null, 'offer', offer).slice(0, ABOUT_NO_OFFER.length)
  }

  /** My word to this member that there will be no session; about an HS1 by its mark, or about none. */
  write(peer: Peer, about: Uint8Array = ABOUT_NO_OFFER): Uint8Array {
    const { suite, options, idBytes: from } = this.#core
    const body = { from, to: peer.idBytes, about }
    const signature = suite.sign(options.identity.secretKey, 'refusal', this.#signed(body))
    const refusal = encodeRefusal({ ...body, signature })
    return encodeRefusalFrame(suite.sealRandom(options.keys.helloKey, this.#associatedData, refusal))
  }

  /** What the frame is about, when it is this member's word to me; else `null`. */
  read(peer: Peer, frame: Uint8Array): Uint8Array | null {
    const { suite, options, idBytes } = this.#core
    if (frame[0] !== FRAME.REFUSE) return null
    const opened = suite.openRandom(options.keys.helloKey, this.#associatedData, frame.subarray(1))
    const refusal = opened && decodedOrNull(opened)
    if (!refusal || !equalBytes(refusal.from, peer.idBytes) || !equalBytes(refusal.to, idBytes)) return null
    const isGenuine = suite.verify(peer.certificate.identity, 'refusal', this.#signed(refusal), refusal.signature)
    return isGenuine ? refusal.about : null
  }

  #signed(body: Omit<Refusal, 'signature'>): Uint8Array {
    return concatBytes(this.#core.options.keys.topic, encodeRefusalBody(body))
  }

  /**
   * Every handshake costs the time of several key agreements, also one that is none. The names in set-up frames are
   * anybody's: whoever floods is known by the link it comes over, so that none but that link is closed to others.
   */
  isFlooded(way: Way, from: Peer | null): boolean {
    const counts = this.#counts()
    return (
      (counts.get(nameOf(way, from)) ?? 0) >= MAX_FORGED ||
      (counts.get(entranceOf(way)) ?? 0) >= (way.type === 'server' ? MAX_FORGED_BY_SERVER : MAX_FORGED_BY_LINK)
    )
  }

  noteForged(way: Way, from: Peer | null): void {
    const counts = this.#counts()
    for (const name of new Set([nameOf(way, from), entranceOf(way)])) counts.set(name, (counts.get(name) ?? 0) + 1)
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
  return way.type === 'mesh' ? `${entranceOf(way)} ${from?.id ?? ''}` : entranceOf(way)
}

const entranceOf = (way: Way): string => (way.type === 'server' ? 'server' : `${way.type} ${String(way.carrier)}`)

const decodedOrNull = (bytes: Uint8Array): ReturnType<typeof decodeRefusal> | null => {
  try {
    return decodeRefusal(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
