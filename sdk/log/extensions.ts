import { SkeinError } from '../errors.js'
import { MAX_EXTENSION_BYTES, MAX_EXTENSION_NAME_BYTES } from '../protocol/limits.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'

/** How messages of an extension become bytes. */
export interface ExtensionCodec<Value = unknown> {
  /** At most 16,384 bytes. Throws for what it does not take. */
  encode(value: Value): Uint8Array
  /** Is given whatever peers send. Throws for what `encode` would not write. */
  decode(bytes: Uint8Array): Value
}

/** One for values of whatever kind. */
export interface AnyExtensionCodec {
  encode(value: never): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/**
 * Names of extensions, whose messages are JSON; or codecs by name, `'json'` for that. A name has 1 to 64 bytes in UTF-8, and does not begin
 * with `skein:`.
 */
export type LogExtensions = readonly string[] | Readonly<Record<string, AnyExtensionCodec | 'json'>>

const json: ExtensionCodec = {
  encode: (value) => {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) throw new TypeError('extension message could not be sent: JSON has nothing for it')
    return encodeUtf8(text)
  },
  decode: (bytes) => JSON.parse(decodeUtf8(bytes)) as unknown,
}

const action = 'log could not be made'
/** Of what this library itself says to peers. */
const RESERVED = 'skein:'

const isCodec = (value: unknown): value is ExtensionCodec => {
  const { encode, decode } = (value ?? {}) as Partial<Record<string, unknown>>
  return typeof encode === 'function' && typeof decode === 'function'
}

const checkName = (name: unknown): string => {
  if (typeof name !== 'string') throw new TypeError(`${action}: names of extensions are strings`)
  if (name.startsWith(RESERVED))
    throw new RangeError(`${action}: names of extensions that begin with ${RESERVED} are not for applications`)
  const bytes = encodeUtf8(name).length
  if (bytes >= 1 && bytes <= MAX_EXTENSION_NAME_BYTES && !/\p{Surrogate}/u.test(name)) return name
  throw new RangeError(`${action}: the name of an extension has 1 to ${MAX_EXTENSION_NAME_BYTES} bytes`)
}

/** What a handle says to the peers of its log beside blocks, and hears from them. */
export class Extensions {
  readonly #codecs = new Map<string, ExtensionCodec>()

  /** Throws a `TypeError` or `RangeError`. */
  constructor(value: unknown) {
    if (value === undefined) return
    if (typeof value !== 'object' || value === null)
      throw new TypeError(`${action}: extensions must be names, or codecs by name`)
    if (Array.isArray(value)) for (const name of value) this.#codecs.set(checkName(name), json)
    else for (const [name, codec] of Object.entries(value)) this.#codecs.set(checkName(name), codecIn(name, codec))
  }

  /** Throws a `RangeError` for a name that is not among the options and for too much, and what the codec throws. */
  encode(name: string, value: unknown): Uint8Array {
    const codec = this.#codecs.get(name)
    const doing = 'extension message could not be sent'
    if (codec === undefined) throw new RangeError(`${doing}: "${name}" is not among the extensions of this log`)
    const bytes = codec.encode(value)
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`${doing}: the codec gives no Uint8Array`)
    if (bytes.length > MAX_EXTENSION_BYTES)
      throw new RangeError(`${doing}: it has ${bytes.length} bytes, and ${MAX_EXTENSION_BYTES} may be sent`)
    return bytes.slice()
  }

  /** `null` for one that this handle does not listen to. Throws `value-invalid`. */
  decode(name: string, bytes: Uint8Array): { readonly value: unknown } | null {
    const codec = this.#codecs.get(name)
    if (codec === undefined) return null
    try {
      return { value: codec.decode(bytes.slice()) }
    } catch (cause) {
      throw new SkeinError('value-invalid', `extension message "${name}" of a peer could not be read`, { cause })
    }
  }
}

const codecIn = (name: string, value: unknown): ExtensionCodec => {
  if (value === 'json') return json
  if (isCodec(value)) return value
  throw new TypeError(`${action}: the extension "${name}" needs a codec with encode and decode, or 'json'`)
}
