import { FRAME } from './codes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'
import { concatBytes } from '../util/bytes.js'

/**
 * GREET  = 0x15 | version u8 = 1 | topic 32 | hello to the end (1 to 1,024 bytes)
 * ATTACH = 0x16 | session 8 | sealed nothing (16)
 *
 * The frames by which a socket becomes a link. GREET names the group, so that one address can serve several, and shows
 * each end to the other; ATTACH ties the socket to a session of the two.
 */
const GREET_VERSION = 1
const TOPIC_BYTES = 32
const MAX_HELLO_BYTES = 1024
const SESSION_MARK_BYTES = 8
const TAG_BYTES = 16
export const ATTACH_HEADER_BYTES = 1 + SESSION_MARK_BYTES

/** What a WebSocket to a member names in its upgrade. */
export const LINK_SUBPROTOCOL = 'skein.link.1'

export interface Greeting {
  readonly topic: Uint8Array
  readonly hello: Uint8Array
}

export const encodeGreeting = (greeting: Greeting): Uint8Array =>
  concatBytes(Uint8Array.of(FRAME.GREET, GREET_VERSION), greeting.topic, greeting.hello)

/** Its bytes are views of `frame`. */
export const decodeGreeting = (frame: Uint8Array): Greeting => {
  const reader = new Reader(frame)
  if (reader.u8() !== FRAME.GREET) throw new DecodeError('not a greeting')
  if (reader.u8() !== GREET_VERSION) throw new DecodeError('another version')
  const topic = reader.bytes(TOPIC_BYTES)
  if (reader.left === 0 || reader.left > MAX_HELLO_BYTES) throw new DecodeError('bad hello length')
  return { topic, hello: reader.rest() }
}

/** The part of ATTACH that is not sealed, and authenticated. */
export const encodeAttachHeader = (mark: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(FRAME.ATTACH), mark)

/** The session that an ATTACH names. Its bytes are views of `frame`. */
export const decodeAttach = (frame: Uint8Array): { readonly mark: Uint8Array; readonly sealed: Uint8Array } => {
  const reader = new Reader(frame)
  if (reader.u8() !== FRAME.ATTACH) throw new DecodeError('not an attachment')
  const mark = reader.bytes(SESSION_MARK_BYTES)
  const sealed = reader.bytes(TAG_BYTES)
  reader.end()
  return { mark, sealed }
}
