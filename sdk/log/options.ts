import { MAX_LOG_BLOCKS } from '../protocol/limits.js'
import type { LogStorage } from './storage.js'
import { deviceStorage, vaultOf } from './storage.js'
import { isEncoding, type ValueEncoding } from './values.js'
import type { Vault } from './vault.js'

export interface LogOptions<Encoding extends ValueEncoding = ValueEncoding> {
  /**
   * What values are: `json`, `utf-8` for text, or `binary` for `Uint8Array`s. Of this handle, and stored nowhere.
   * @default 'binary'
   */
  readonly valueEncoding?: Encoding | undefined
  /**
   * Where the log is kept.
   * @default deviceStorage()
   */
  readonly storage?: LogStorage | undefined
  /**
   * 32 bytes. A log that is made with it has its blocks encrypted; whoever reads them needs it too, and who does not have it can keep
   * and pass them on all the same. It is stored nowhere.
   */
  readonly encryptionKey?: Uint8Array | undefined
}

/** How long to wait for a block that is not here. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * How long to wait until somebody has it, in milliseconds.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined
  /**
   * `false` rejects at once with `block-missing`.
   * @default true
   */
  readonly wait?: boolean | undefined
}

export interface StreamOptions extends WaitOptions {
  /**
   * The first block.
   * @default 0
   */
  readonly start?: number | undefined
  /**
   * The block after the last one.
   * @default the length at the first read; none with `live`
   */
  readonly end?: number | undefined
  /**
   * Goes on with what is appended after that.
   * @default false
   */
  readonly live?: boolean | undefined
}

export interface Waiting {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly wait: boolean
}

export interface Streaming extends Waiting {
  readonly start: number
  readonly end: number | undefined
  readonly live: boolean
}

const KEY_BYTES = 32
const DEFAULT_TIMEOUT_MS = 30_000
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const fieldsOf = (action: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${action}: options must be an object`)
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new TypeError(`${action}: unknown option "${name}"`)
  }
  return value as Readonly<Record<string, unknown>>
}

export const checkWhole = (action: string, name: string, value: unknown, max: number): number => {
  if (typeof value !== 'number') throw new TypeError(`${action}: ${name} must be a number, not ${typeof value}`)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new RangeError(`${action}: ${name} is "${value}", not a whole number from 0 to ${max}`)
}

export const checkIndex = (action: string, name: string, value: unknown): number =>
  checkWhole(action, name, value, MAX_LOG_BLOCKS - 1)

const checkBoolean = (action: string, name: string, value: unknown): boolean => {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${action}: ${name} must be a boolean, not ${typeof value}`)
}

/** By its shape, since a signal may come from another realm. */
export const checkSignal = (action: string, value: unknown): AbortSignal | undefined => {
  if (value === undefined) return undefined
  const isSignal = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  if (isSignal) return value as unknown as AbortSignal
  throw new TypeError(`${action}: signal must be an AbortSignal`)
}

/** A copy. */
const checkKey = (action: string, value: unknown): Uint8Array | null => {
  if (value === undefined) return null
  if (!(value instanceof Uint8Array)) throw new TypeError(`${action}: encryptionKey must be a Uint8Array`)
  if (value.length === KEY_BYTES) return value.slice()
  throw new RangeError(`${action}: encryptionKey has ${value.length} bytes, not ${KEY_BYTES}`)
}

export interface LogSettings {
  readonly valueEncoding: ValueEncoding
  readonly vault: Vault
  readonly encryptionKey: Uint8Array | null
}

export const readLogOptions = (action: string, options: unknown): LogSettings => {
  const fields = fieldsOf(action, options, ['valueEncoding', 'storage', 'encryptionKey'])
  const { valueEncoding = 'binary', storage = deviceStorage() } = fields
  if (!isEncoding(valueEncoding)) throw new TypeError(`${action}: valueEncoding must be json, utf-8 or binary`)
  return { valueEncoding, vault: vaultOf(storage), encryptionKey: checkKey(action, fields.encryptionKey) }
}

const waitFields = ['signal', 'timeoutMs', 'wait']

const waitingOf = (action: string, fields: Readonly<Record<string, unknown>>): Waiting => {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, wait = true } = fields
  return {
    signal: checkSignal(action, signal),
    timeoutMs: checkWhole(action, 'timeoutMs', timeoutMs, MAX_TIMEOUT_MS),
    wait: checkBoolean(action, 'wait', wait),
  }
}

export const readWaitOptions = (action: string, options: unknown): Waiting =>
  waitingOf(action, fieldsOf(action, options, waitFields))

export const readStreamOptions = (action: string, options: unknown): Streaming => {
  const fields = fieldsOf(action, options, [...waitFields, 'start', 'end', 'live'])
  const { start = 0, end, live = false } = fields
  return {
    ...waitingOf(action, fields),
    start: checkIndex(action, 'start', start),
    end: end === undefined ? undefined : checkWhole(action, 'end', end, MAX_LOG_BLOCKS),
    live: checkBoolean(action, 'live', live),
  }
}
