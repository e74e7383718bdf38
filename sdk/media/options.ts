import { encodeValue, ValueTooLarge } from '../protocol/any-value.js'
import { MAX_MEDIA_METADATA_BYTES } from '../protocol/limits.js'

/** How good a video may be at most, to each member. */
export interface MediaQuality {
  /** Bits a second. */
  readonly maxBitrate?: number
  /** Pixels. */
  readonly maxHeight?: number
  /** Frames a second. */
  readonly maxFrameRate?: number
}

export interface AddStreamOptions {
  /**
   * Who gets it: a member's id, or several.
   * @default everybody, whoever comes later included
   */
  readonly to?: string | readonly string[] | undefined
  /** What others are told of it: any value that a channel carries, at most 1 KiB encoded; copied. */
  readonly metadata?: unknown
  readonly quality?: MediaQuality | undefined
  /** Removes the stream when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** As the room knows them. */
export interface StreamSettings {
  /** `null`: everybody. */
  readonly to: readonly string[] | null
  /** Encoded. */
  readonly metadata: Uint8Array
  readonly quality: MediaQuality
}

export const action = 'stream could not be added'

const known = ['to', 'metadata', 'quality', 'signal']
const limits = ['maxBitrate', 'maxHeight', 'maxFrameRate']

/** Throws a `TypeError` or `RangeError` for what no options are. */
export const readOptions = (options: AddStreamOptions): StreamSettings => {
  checkNames('options', options, known)
  const { to, metadata = null, quality = {} } = options
  checkNames('quality', quality, limits)
  for (const limit of Object.values(quality) as unknown[]) {
    if (typeof limit !== 'number' || !(limit > 0)) throw new RangeError(`${action}: limits of quality are above 0`)
  }
  const ids = to === undefined ? null : [to].flat()
  if (ids?.some((id) => typeof id !== 'string')) throw new TypeError(`${action}: to must be ids of members`)
  return { to: ids, metadata: encodeMetadata(metadata), quality: { ...quality } }
}

const checkNames = (what: string, value: object, names: readonly string[]): void => {
  const isObject = typeof value === 'object' && (value as unknown) !== null
  if (isObject && Object.keys(value).every((name) => names.includes(name))) return
  throw new TypeError(`${action}: ${what} must be an object of ${names.join(', ')}`)
}

const encodeMetadata = (metadata: unknown): Uint8Array => {
  try {
    return encodeValue(metadata, MAX_MEDIA_METADATA_BYTES)
  } catch (cause) {
    const Kind = cause instanceof ValueTooLarge ? RangeError : TypeError
    throw new Kind(`${action}: metadata must be a value of at most ${MAX_MEDIA_METADATA_BYTES} bytes`, { cause })
  }
}
