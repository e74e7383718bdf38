import { SkeinError } from '../errors.js'
import type { MessageKind } from '../mesh/events.js'
import { decodeUtf8Lossy, encodeUtf8 } from '../util/bytes.js'

/** What can be sent and is received. */
export type MessageData = string | Uint8Array

export interface OutgoingMessage {
  readonly kind: MessageKind
  readonly bytes: Uint8Array
}

/** True for those of other realms (frames, test environments) too, where `instanceof` fails. */
const isUint8Array = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'

/** Throws a `TypeError` unless `data` is a string or a `Uint8Array`. */
export function assertMessageData(data: unknown): asserts data is MessageData {
  if (typeof data === 'string' || isUint8Array(data)) return
  throw new TypeError(`message could not be sent: data is neither a string nor a Uint8Array but ${describeType(data)}`)
}

/**
 * The bytes of a message, copied, so that the caller may reuse its own. A string travels as UTF-8, in which a lone
 * surrogate has no form: it becomes U+FFFD. Throws `message-too-large`.
 */
export const encodeMessage = (data: MessageData, maxBytes: number): OutgoingMessage => {
  // No UTF-16 unit takes less than a byte, so what is too long already need not be encoded to know it.
  if (data.length > maxBytes) throw tooLarge(data.length, maxBytes)
  if (typeof data !== 'string') return { kind: 'binary', bytes: new Uint8Array(data) }
  const bytes = encodeUtf8(data)
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes)
  return { kind: 'text', bytes }
}

/** What the application is given. Its bytes have a buffer of their own, which may be transferred or written to. */
export const decodeMessage = (kind: MessageKind, bytes: Uint8Array): MessageData => {
  if (kind === 'text') return decodeUtf8Lossy(bytes)
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

const tooLarge = (size: number, maxBytes: number): SkeinError =>
  new SkeinError(
    'message-too-large',
    `message could not be sent: its ${size} bytes or more exceed limits.messageBytes, "${maxBytes}"`,
  )

/** A type for error messages; never the value, which may be secret. */
export const describeType = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return typeof value
  return Object.prototype.toString.call(value).slice(8, -1)
}
