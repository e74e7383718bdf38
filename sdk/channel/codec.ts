import { SkeinError } from '../errors.js'
import { encodeValue, ValueTooLarge } from '../protocol/any-value.js'
import { describeType } from './checks.js'

/** How values of a channel become bytes. Answers to its requests go the same way. */
export interface ChannelCodec<Value = unknown> {
  /** What it returns is copied. Throws for what it cannot carry. */
  encode(value: Value): Uint8Array
  /** Is given whatever others send, in a buffer of its own. Throws for what `encode` would not write. */
  decode(bytes: Uint8Array): Value
}

/**
 * The bytes of a value, or why there are none: `message-too-large` beyond `maxBytes`, `value-invalid` where a codec of the
 * application's throws. Throws a `TypeError` for what cannot be carried. `action` opens the text.
 */
export const encodeWith = (
  codec: ChannelCodec | undefined,
  action: string,
  value: unknown,
  maxBytes: number,
): Uint8Array | SkeinError => {
  const bytes = codec === undefined ? encodeAny(action, value, maxBytes) : encodeOwn(codec, action, value)
  return bytes instanceof Uint8Array && bytes.length > maxBytes ? tooLarge(action, maxBytes) : bytes
}

const tooLarge = (action: string, maxBytes: number): SkeinError =>
  new SkeinError('message-too-large', `${action}: it takes more than ${maxBytes} bytes`)

const encodeAny = (action: string, value: unknown, maxBytes: number): Uint8Array | SkeinError => {
  try {
    return encodeValue(value, maxBytes)
  } catch (cause) {
    if (cause instanceof ValueTooLarge) return tooLarge(action, maxBytes)
    if (cause instanceof TypeError) throw new TypeError(`${action}: ${cause.message}`, { cause })
    // A getter or proxy of the application's.
    throw cause
  }
}

const encodeOwn = (codec: ChannelCodec, action: string, value: unknown): Uint8Array | SkeinError => {
  let bytes: unknown
  try {
    bytes = codec.encode(value)
  } catch (cause) {
    return new SkeinError('value-invalid', `${action}: the codec cannot encode it`, { cause })
  }
  if (bytes instanceof Uint8Array) return bytes
  throw new TypeError(`${action}: the codec gives no Uint8Array but ${describeType(bytes)}`)
}
