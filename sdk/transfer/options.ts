import { MAX_LABEL_BYTES, MAX_METADATA_BYTES, TRANSFER_ID_BYTES } from '../protocol/limits.js'
import { encodeMetadata, parseTransferId } from '../protocol/transfer-values.js'
import { encodeUtf8 } from '../util/bytes.js'
import type { Action } from './failures.js'

const describeType = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** Plain checks of what an application passes: all of them throw a `TypeError` or a `RangeError` that begins with `action`. */
export const checkOptions = (action: Action, value: unknown, known: readonly string[]): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${action}: options must be an object, not ${describeType(value)}`)
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new TypeError(`${action}: unknown option "${name}"`)
  }
}

export const checkText = (action: Action, name: string, value: unknown): string => {
  if (typeof value === 'string') return value
  throw new TypeError(`${action}: ${name} must be a string, not ${describeType(value)}`)
}

/** By its shape, since a signal may come from another realm or a polyfill. */
export const checkSignal = (action: Action, value: unknown): void => {
  const isSignal = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  if (value === undefined || isSignal) return
  throw new TypeError(`${action}: signal must be an AbortSignal, not ${describeType(value)}`)
}

export const checkCallback = (action: Action, name: string, value: unknown): void => {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`${action}: ${name} must be a function, not ${describeType(value)}`)
}

/** A number of bytes. */
export const checkBytes = (action: Action, name: string, value: unknown): number => {
  if (typeof value !== 'number') throw new TypeError(`${action}: ${name} must be a number, not ${describeType(value)}`)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`${action}: ${name} is "${value}", not a whole number from 0`)
}

/** Member ids, each once. */
export const checkRecipients = (action: Action, value: unknown): readonly string[] => {
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (ids.length === 0) throw new RangeError(`${action}: it is for nobody`)
  return [...new Set(ids.map((id) => checkText(action, 'the member id', id)))]
}

export const checkMetadata = (action: Action, value: unknown): void => {
  let json: Uint8Array | undefined
  try {
    json = encodeMetadata(value)
  } catch (cause) {
    throw new TypeError(`${action}: metadata is nothing that JSON can hold`, { cause })
  }
  if (json !== undefined && json.length > MAX_METADATA_BYTES) {
    throw new RangeError(`${action}: metadata takes ${json.length} bytes as JSON, more than ${MAX_METADATA_BYTES}`)
  }
}

export const checkResumeId = (action: Action, value: unknown): string => {
  const id = checkText(action, 'resumeId', value)
  if (parseTransferId(id) !== null) return id
  throw new RangeError(`${action}: resumeId is "${id}", not ${TRANSFER_ID_BYTES} bytes in base64url`)
}

export const checkLabel = (action: Action, value: unknown): string => {
  const label = checkText(action, 'label', value)
  const size = encodeUtf8(label).length
  if (size <= MAX_LABEL_BYTES) return label
  throw new RangeError(`${action}: label takes ${size} bytes in UTF-8, more than ${MAX_LABEL_BYTES}`)
}
