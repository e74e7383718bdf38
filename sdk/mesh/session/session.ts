import type { CryptoSuite, HandshakeRole, SessionSecrets } from '../../crypto/suite.js'
import type { Binding } from '../../protocol/carrier.js'
import { FRAME } from '../../protocol/codes.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { pad, unpad } from '../../protocol/padding.js'
import { decodeRelaySealed, encodeRelayHeader, relayAssociatedData } from '../../protocol/relay-frames.js'
import { Reader } from '../../protocol/reader.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import { prefixed } from './prefixed.js'
import { ReplayWindow } from './replay-window.js'
import { SessionKeys, type Directions } from './session-keys.js'
import { SocketCipher } from './socket-cipher.js'

const RELAY_WINDOW = 1_024
const SETUP_WINDOW = 64
const MARK_BYTES = 8
const SETUP_HEADER_BYTES = 17
const SETUP_PADDING = 64
const BIND_PADDING_NONE = new Uint8Array(32)
const empty = new Uint8Array()

/** The keys that one handshake left two members with, one pair per use, so that no nonce is shared between uses. */
export class Session {
  /** The streams that frames under this session belong to. */
  readonly epoch: number
  /** Which of the initiator's tries made it. */
  readonly attempt: number
  readonly #suite: CryptoSuite
  readonly #role: HandshakeRole
  /** Those for set-up and binding, which are used a few times, are derived every time. */
  readonly #keys: SessionKeys
  /** Made when the first frame comes: many sessions never carry any. */
  #relayWindow: ReplayWindow | null = null
  #setupWindow: ReplayWindow | null = null
  #relayCounter = 0
  #setupCounter = 0

  constructor(
    suite: CryptoSuite,
    role: HandshakeRole,
    secrets: SessionSecrets,
    terms: { epoch: number; attempt: number },
  ) {
    this.#suite = suite
    this.#role = role
    this.#keys = new SessionKeys(secrets)
    this.epoch = terms.epoch
    this.attempt = terms.attempt
  }

  /** Names the session on the wire: the first eight bytes of its hash. */
  get mark(): Uint8Array {
    return this.#keys.mark
  }

  /** RLY: records that relays carry and cannot read. */
  sealRelay(dst: Uint8Array, src: Uint8Array, records: Uint8Array): Uint8Array {
    const counter = this.#relayCounter++
    const header = encodeRelayHeader(dst, src, this.mark, counter)
    return concatBytes(header, this.#suite.seal(this.#relayKeys.send, counter, relayAssociatedData(header), records))
  }

  /** The records of an RLY frame of this session, or `null` when it is forged, damaged or met before. */
  openRelay(frame: Uint8Array): Uint8Array | null {
    const decoded = decodedOrNull(() => decodeRelaySealed(frame))
    if (decoded === null || !this.#relayMet.isFresh(decoded.counter)) return null
    const { counter, sealed } = decoded
    const records = this.#suite.open(this.#relayKeys.receive, counter, relayAssociatedData(frame), sealed)
    if (records !== null) this.#relayMet.mark(counter)
    return records
  }

  /** SIG: what follows the handshake, by the server or by members. */
  sealSetup(message: Uint8Array): Uint8Array {
    const counter = this.#setupCounter++
    const header = new Uint8Array(SETUP_HEADER_BYTES)
    header[0] = FRAME.SIG
    header.set(this.mark, 1)
    const view = new DataView(header.buffer)
    view.setUint32(1 + MARK_BYTES, counter >>> 0, true)
    view.setUint32(5 + MARK_BYTES, Math.floor(counter / 0x1_0000_0000), true)
    return concatBytes(header, this.#suite.seal(this.#derive('sig').send, counter, header, pad(message, SETUP_PADDING)))
  }

  /** The message of a SIG frame of this session, or `null` as with {@link openRelay}. */
  openSetup(frame: Uint8Array): Uint8Array | null {
    const decoded = decodedOrNull(() => decodeSetupHeader(frame))
    if (decoded === null || !this.#setupMet.isFresh(decoded.counter)) return null
    const { counter, sealed } = decoded
    const padded = this.#suite.open(this.#derive('sig').receive, counter, frame.subarray(0, SETUP_HEADER_BYTES), sealed)
    if (padded === null) return null
    this.#setupMet.mark(counter)
    return decodedOrNull(() => unpad(padded))
  }

  /**
   * BIND: ties a link to this session by the certificates that its two ends really use. Written once per session,
   * since its nonce is fixed. A link without certificates is bound by zeros.
   */
  writeBind(binding: Binding | null): Uint8Array {
    const sealed = this.#suite.seal(
      this.#derive('bind').send,
      0,
      prefixed('bind', empty),
      this.#bindBody(binding, true),
    )
    return concatBytes(Uint8Array.of(FRAME.BIND), sealed)
  }

  /** Whether the other end is the member of this session, and nobody sits in between. */
  checkBind(frame: Uint8Array, binding: Binding | null): boolean {
    if (frame[0] !== FRAME.BIND) return false
    const body = this.#suite.open(this.#derive('bind').receive, 0, prefixed('bind', empty), frame.subarray(1))
    return body !== null && equalBytes(body, this.#bindBody(binding, false))
  }

  /**
   * Keys for one socket between the two, apart from those of every other: a session may outlive a socket. The hellos
   * are those of the two greetings, which are random.
   */
  socketCipher(hellos: { readonly initiator: Uint8Array; readonly responder: Uint8Array }): SocketCipher {
    return new SocketCipher(this.#suite, this.mark, this.#derive('ws', hellos.initiator, hellos.responder))
  }

  get #relayMet(): ReplayWindow {
    return (this.#relayWindow ??= new ReplayWindow(RELAY_WINDOW))
  }

  get #setupMet(): ReplayWindow {
    return (this.#setupWindow ??= new ReplayWindow(SETUP_WINDOW))
  }

  get #relayKeys(): Directions {
    return this.#keys.relay(() => this.#derive('relay'))
  }

  #derive(use: 'relay' | 'sig' | 'bind' | 'ws', ...parts: Uint8Array[]): Directions {
    const { hash, secrets } = this.#keys
    const [outward, inward] = this.#role === 'initiator' ? (['i2r', 'r2i'] as const) : (['r2i', 'i2r'] as const)
    return {
      send: this.#suite.kdf(secrets.send, `${use}-${outward}`, hash, ...parts),
      receive: this.#suite.kdf(secrets.receive, `${use}-${inward}`, hash, ...parts),
    }
  }

  #bindBody(binding: Binding | null, own: boolean): Uint8Array {
    const local = binding?.local ?? BIND_PADDING_NONE
    const remote = binding?.remote ?? BIND_PADDING_NONE
    const role = (this.#role === 'initiator') === own ? 0 : 1
    return concatBytes(Uint8Array.of(role), own ? local : remote, own ? remote : local)
  }
}

/** The session that a SIG frame names. */
export const setupSessionMark = (frame: Uint8Array): Uint8Array => frame.subarray(1, 1 + MARK_BYTES)

const decodeSetupHeader = (frame: Uint8Array): { counter: number; sealed: Uint8Array } => {
  const reader = new Reader(frame)
  reader.bytes(1 + MARK_BYTES)
  return { counter: reader.u64(), sealed: reader.rest() }
}

/** Sealed frames come by others: what is wrong with one says nothing about who brought it. */
const decodedOrNull = <Value>(decode: () => Value): Value | null => {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
