import { SkeinError } from '../errors.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'

/** What values a log has, by the name of their encoding. */
export interface ValueTypes {
  /** Whatever `JSON.stringify` takes. */
  readonly json: unknown
  /** Text without half characters. */
  readonly 'utf-8': string
  readonly binary: Uint8Array
}

export type ValueEncoding = keyof ValueTypes

export interface ValueCodec<Encoding extends ValueEncoding> {
  /** Throws a `TypeError` for what it does not take. The result is nobody else's. */
  encode(value: ValueTypes[Encoding]): Uint8Array
  /** The same value in memory of its own. Rejects `value-invalid` for what it would not write. */
  decode(bytes: Uint8Array): ValueTypes[Encoding]
}

const action = 'value could not be appended'

const readable = <Value>(read: () => Value): Value => {
  try {
    return read()
  } catch (cause) {
    throw new SkeinError('value-invalid', 'value could not be read: it is in another encoding', { cause })
  }
}

const text = (value: unknown): Uint8Array => {
  if (typeof value !== 'string') throw new TypeError(`${action}: it must be a string`)
  if (/\p{Surrogate}/u.test(value)) throw new TypeError(`${action}: it has half a character`)
  return encodeUtf8(value)
}

const codecs: { readonly [Encoding in ValueEncoding]: ValueCodec<Encoding> } = {
  json: {
    encode: (value) => {
      const json = JSON.stringify(value) as string | undefined
      if (json === undefined) throw new TypeError(`${action}: JSON has nothing for it`)
      return encodeUtf8(json)
    },
    decode: (bytes) => readable(() => JSON.parse(decodeUtf8(bytes)) as unknown),
  },
  'utf-8': { encode: text, decode: (bytes) => readable(() => decodeUtf8(bytes)) },
  binary: {
    encode: (value) => {
      if (value instanceof Uint8Array) return new Uint8Array(value)
      throw new TypeError(`${action}: it must be a Uint8Array, or the log needs another valueEncoding`)
    },
    decode: (bytes) => bytes.slice(),
  },
}

export const codecOf = <Encoding extends ValueEncoding>(encoding: Encoding): ValueCodec<Encoding> => codecs[encoding]

export const isEncoding = (value: unknown): value is ValueEncoding =>
  typeof value === 'string' && Object.hasOwn(codecs, value)
