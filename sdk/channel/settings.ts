import { SkeinError } from '../errors.js'
import { MAX_STREAM_NAME_BYTES } from '../protocol/limits.js'
import { encodeUtf8 } from '../util/bytes.js'
import { checkAudience, checkFlag, checkFunction, checkOptions, describeType, type Audience } from './checks.js'
import type { ChannelCodec } from './codec.js'
import type { StandardSchema } from './standard-schema.js'

/** Names that begin so are skein's own. */
const OWN_PREFIX = 'skein:'

export interface ChannelOptions<Sent = unknown, Received = Sent> {
  /**
   * Everything reaches everybody once and in order, and `send` waits for those who are slow. Otherwise values go out at
   * once, are at most 16 KiB, and may be lost or come in another order.
   * @default true
   */
  readonly reliable?: boolean
  /**
   * Of values that wait to be sent to the same audience, only the newest counts. They wait while a recipient has 16 KiB unacknowledged.
   * @default false
   */
  readonly latest?: boolean
  /**
   * Any Standard Schema, at both ends, for values and for requests. The sender's only decides whether a value goes out: it
   * goes as it was given. What the receiver is given is the output of its own.
   */
  readonly validate?: StandardSchema<Sent, Received>
  /** How values become bytes. By default as JSON does, with `Uint8Array`s, `undefined` and bigints of 64 bits in them. */
  readonly codec?: ChannelCodec<Sent>
  /**
   * Whom values are for unless `send` says so: a member's id, ids, or all.
   * @default 'all'
   */
  readonly to?: string | readonly string[]
}

export interface ChannelSettings {
  readonly name: string
  readonly isReliable: boolean
  readonly isLatest: boolean
  readonly schema: StandardSchema | undefined
  readonly codec: ChannelCodec | undefined
  readonly to: Audience
}

const action = 'channel could not be made'
const known = ['reliable', 'latest', 'validate', 'codec', 'to'] as const

/** Throws a `TypeError` or `RangeError` for a name or options that cannot be. */
export const readSettings = (name: string, options: ChannelOptions): ChannelSettings => {
  checkName(name)
  const { reliable, latest, validate, codec, to } = checkOptions(action, options, known)
  checkSchema(validate)
  checkCodec(codec)
  return {
    name,
    isReliable: checkFlag(action, 'reliable', reliable, true),
    isLatest: checkFlag(action, 'latest', latest, false),
    schema: validate,
    codec,
    to: to === undefined ? 'all' : checkAudience(action, to),
  }
}

const checkName = (name: unknown): void => {
  if (typeof name !== 'string') throw new TypeError(`${action}: its name must be a string, not ${describeType(name)}`)
  if (name === '') throw new RangeError(`${action}: its name is empty`)
  if (name.startsWith(OWN_PREFIX)) throw new RangeError(`${action}: "${name}" begins with "${OWN_PREFIX}"`)
  const size = encodeUtf8(name).length
  if (size > MAX_STREAM_NAME_BYTES) {
    throw new RangeError(`${action}: its name takes ${size} bytes in UTF-8, more than ${MAX_STREAM_NAME_BYTES}`)
  }
}

const checkSchema = (schema: unknown): void => {
  if (schema === undefined) return
  // Schemas of some libraries are functions.
  const isObject = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  const standard: unknown = isObject ? (schema as Partial<StandardSchema>)['~standard'] : undefined
  if (typeof standard !== 'object' || standard === null || !('validate' in standard)) {
    throw new TypeError(`${action}: validate must be a Standard Schema, not ${describeType(schema)}`)
  }
  checkFunction(action, "validate['~standard'].validate", standard.validate)
}

const checkCodec = (codec: unknown): void => {
  if (codec === undefined) return
  if (typeof codec !== 'object' || codec === null) {
    throw new TypeError(`${action}: codec must be an object, not ${describeType(codec)}`)
  }
  checkFunction(action, 'codec.encode', (codec as Partial<ChannelCodec>).encode)
  checkFunction(action, 'codec.decode', (codec as Partial<ChannelCodec>).decode)
}

const optionOf = {
  isReliable: 'reliable',
  isLatest: 'latest',
  schema: 'validate',
  codec: 'codec',
  to: 'to',
} as const satisfies Partial<Record<keyof ChannelSettings, keyof ChannelOptions>>

/** Throws a `RangeError` unless the options that are given say what the channel already is. */
export const checkAgreement = (settings: ChannelSettings, again: ChannelSettings, options: ChannelOptions): void => {
  for (const field of Object.keys(optionOf) as (keyof typeof optionOf)[]) {
    const option = optionOf[field]
    if (options[option] === undefined || isSame(settings[field], again[field])) continue
    throw new RangeError(`channel could not be given: "${settings.name}" has another ${option}`)
  }
}

const isSame = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((item) => b.includes(item)) : a === b

export const createClosed = (what: string, maybeRan?: boolean): SkeinError =>
  new SkeinError('closed', `${what}: it is closed`, maybeRan === undefined ? {} : { maybeRan })
