import type { WebGroup } from '../index.js'
import { MAX_LOG_BLOCKS } from '../protocol/limits.js'
import type { LogStorage } from './storage.js'
import { deviceStorage, vaultOf } from './storage.js'
import type { DownloadProgress } from './replication/download.js'
import { isEncoding, type ValueEncoding } from './values.js'
import type { Vault } from './vault.js'
import { Extensions, type LogExtensions } from './extensions.js'
import { homeAt, homeOf, type LogHome } from './home.js'
import type { SDK } from './sdk.js'
import type { SharedLogOptions } from './shared/shared-log.js'

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
   * Who shares the log with others, and keeps it in place of `storage`. `new sdk.Log(…)` is short for it.
   * @default none: the log is on this device alone
   */
  readonly sdk?: SDK | undefined
  /**
   * Of a log of others, fetches blocks when they are asked for, and not all of it by itself. What is cleared is not fetched
   * again by itself as long as the log is open.
   * @default false
   */
  readonly sparse?: boolean | undefined
  /**
   * Tells all members of the group the key of the log while it is open: whoever asks by `sdk.list()` or `sdk.watch()` can open it then, and bots
   * that archive keep it. The first 1,024 of an `SDK` are told.
   * @default false: only who is given its key or URL knows of it
   */
  readonly listed?: boolean | undefined
  /**
   * What this handle says to peers of the log, and hears from them: see `extension()`.
   * @default none
   */
  readonly extensions?: LogExtensions | undefined
  /**
   * 32 bytes. A log that is made with it has its blocks encrypted; whoever reads them needs it too, and who does not have it can keep
   * and pass them on all the same. It is stored nowhere.
   */
  readonly encryptionKey?: Uint8Array | undefined
}

export interface ReadyOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
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

export interface DownloadOptions {
  /**
   * The first block.
   * @default 0
   */
  readonly start?: number | undefined
  /**
   * The block after the last one; what the log does not have yet is waited for.
   * @default the length when the log is open
   */
  readonly end?: number | undefined
  /** Called when more of the range is here, or less. What it throws is told to `error` listeners. */
  readonly onProgress?: ((progress: DownloadProgress) => unknown) | undefined
  /** Ends it: the promise rejects with the signal's reason. What came stays. */
  readonly signal?: AbortSignal | undefined
}

export interface UpdateOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * How long to wait for peers, in milliseconds.
   * @default 5_000
   */
  readonly timeoutMs?: number | undefined
}

export interface RecoverOptions {
  /**
   * Waits for no peer: no other device has the log.
   * @default false
   */
  readonly alone?: boolean | undefined
  /** Ends it: the promise rejects with the signal's reason. What came stays. */
  readonly signal?: AbortSignal | undefined
}

export interface AuditOptions {
  /**
   * Lets go of blocks that are damaged, and gets them back from peers.
   * @default false
   */
  readonly repair?: boolean | undefined
  /**
   * How long to wait for peers that have what is damaged, in milliseconds.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined
  /** Ends it: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface AppendOptions {
  /**
   * How many peers must have it durably too before the promise resolves. Those that fetch all of the log do, each as
   * fast as it can.
   * @default 0
   */
  readonly storedBy?: number | undefined
  /** Ends the wait for `storedBy`: the promise rejects with the signal's reason. What was appended stays. */
  readonly signal?: AbortSignal | undefined
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
const DEFAULT_UPDATE_MS = 5_000
/** More members than any group has. */
const MAX_STORED_BY = 1_024
const MAX_TIMEOUT_MS = 2 ** 31 - 1

export const fieldsOf = (
  action: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> => {
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
  readonly home: LogHome
  readonly isEager: boolean
  readonly isListed: boolean
  readonly extensions: Extensions
  readonly encryptionKey: Uint8Array | null
}

const logFields = ['valueEncoding', 'storage', 'encryptionKey', 'sdk', 'sparse', 'listed', 'extensions']

/** Of whatever is kept in a storage, or in that of an `SDK` which shares it. */
export const readHome = (action: string, { sdk, storage }: Readonly<Record<string, unknown>>): LogHome => {
  if (sdk !== undefined && storage !== undefined) throw new TypeError(`${action}: storage is that of the sdk`)
  return sdk === undefined ? homeAt(vaultOf(storage ?? deviceStorage())) : homeOf(sdk)
}

export const readLogOptions = (action: string, options: unknown): LogSettings => {
  const fields = fieldsOf(action, options, logFields)
  const { valueEncoding = 'binary', sparse = false, listed = false } = fields
  if (!isEncoding(valueEncoding)) throw new TypeError(`${action}: valueEncoding must be json, utf-8 or binary`)
  return {
    valueEncoding,
    home: readHome(action, fields),
    encryptionKey: checkKey(action, fields.encryptionKey),
    isEager: !checkBoolean(action, 'sparse', sparse),
    isListed: checkBoolean(action, 'listed', listed),
    extensions: new Extensions(fields.extensions),
  }
}

export const readSharedOptions = (options: unknown): SharedLogOptions => {
  const action = 'log could not be made'
  const fields = fieldsOf(action, options, ['sdk', 'storage', 'encryptionKey', 'listed'])
  readLogOptions(action, fields)
  return { ...fields }
}

export interface SdkSettings {
  readonly group: WebGroup | null
  readonly vault: Vault
}

export const readSdkOptions = (options: unknown): SdkSettings => {
  const { group, storage } = fieldsOf('SDK could not be made', options, ['group', 'storage'])
  return { group: (group ?? null) as WebGroup | null, vault: vaultOf(storage ?? deviceStorage()) }
}

export interface DownloadSettings {
  readonly start: number
  readonly end: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: DownloadProgress) => unknown
}

export const readDownloadOptions = (action: string, options: unknown): DownloadSettings => {
  const { start = 0, end, signal, onProgress } = fieldsOf(action, options, ['start', 'end', 'signal', 'onProgress'])
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TypeError(`${action}: onProgress must be a function`)
  return {
    start: checkIndex(action, 'start', start),
    end: end === undefined ? undefined : checkWhole(action, 'end', end, MAX_LOG_BLOCKS),
    signal: checkSignal(action, signal),
    onProgress: (onProgress ?? (() => undefined)) as DownloadSettings['onProgress'],
  }
}

export interface UpdateSettings {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

export const readUpdateOptions = (action: string, options: unknown): UpdateSettings => {
  const { signal, timeoutMs = DEFAULT_UPDATE_MS } = fieldsOf(action, options, ['signal', 'timeoutMs'])
  return {
    signal: checkSignal(action, signal),
    timeoutMs: checkWhole(action, 'timeoutMs', timeoutMs, MAX_TIMEOUT_MS),
  }
}

export interface RecoverSettings {
  readonly signal: AbortSignal | undefined
  readonly alone: boolean
}

export const readRecoverOptions = (action: string, options: unknown): RecoverSettings => {
  const { signal, alone = false } = fieldsOf(action, options, ['signal', 'alone'])
  return { signal: checkSignal(action, signal), alone: checkBoolean(action, 'alone', alone) }
}

export interface AuditSettings {
  readonly signal: AbortSignal | undefined
  readonly repair: boolean
  readonly timeoutMs: number
}

export const readAuditOptions = (action: string, options: unknown): AuditSettings => {
  const {
    signal,
    repair = false,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  } = fieldsOf(action, options, ['signal', 'repair', 'timeoutMs'])
  return {
    signal: checkSignal(action, signal),
    repair: checkBoolean(action, 'repair', repair),
    timeoutMs: checkWhole(action, 'timeoutMs', timeoutMs, MAX_TIMEOUT_MS),
  }
}

export interface AppendSettings {
  readonly signal: AbortSignal | undefined
  readonly storedBy: number
}

export const readAppendOptions = (action: string, options: unknown): AppendSettings => {
  const { signal, storedBy = 0 } = fieldsOf(action, options, ['signal', 'storedBy'])
  return { signal: checkSignal(action, signal), storedBy: checkWhole(action, 'storedBy', storedBy, MAX_STORED_BY) }
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
