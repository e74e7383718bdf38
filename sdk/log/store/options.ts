import { parseName } from '../address.js'
import type { LogHome } from '../home.js'
import { checkSignal, fieldsOf, readHome, type LogOptions } from '../options.js'
import type { SDK } from '../sdk.js'
import { deviceStorage, type LogStorage } from '../storage.js'
import type { ValueEncoding } from '../values.js'

export interface StoreOptions {
  /**
   * Where the store and its logs are kept.
   * @default deviceStorage()
   */
  readonly storage?: LogStorage | undefined
  /**
   * Who shares the logs with others, and keeps them in place of `storage`. `new sdk.Store(…)` is short for it.
   * @default none: the logs are on this device alone
   */
  readonly sdk?: SDK | undefined
}

/** What a log of a store is opened with: all that `Log` takes but for where it is kept, which is the store's. */
export type StoreLogOptions<Encoding extends ValueEncoding = ValueEncoding> = Omit<
  LogOptions<Encoding>,
  'sdk' | 'storage'
>

export interface StoreImportOptions extends StoreOptions {
  /**
   * As it was given to `export()`; ignored when none was.
   * @default none
   */
  readonly passphrase?: string | undefined
  /**
   * What this device calls the store from then on, for `new Store(name)`.
   * @default none: it is opened by its key
   */
  readonly name?: string | undefined
}

export interface StoreListOptions {
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Where a store is, and what its logs are to be told of that. */
export interface StorePlace {
  readonly home: LogHome
  readonly logOptions: Pick<LogOptions, 'sdk' | 'storage'>
}

const MAX_PASSPHRASE_CHARACTERS = 512
const MAX_TEXT_CHARACTERS = 512

const placeOf = (action: string, fields: Readonly<Record<string, unknown>>): StorePlace => {
  const home = readHome(action, fields)
  const { sdk, storage } = fields as StoreOptions
  return { home, logOptions: sdk === undefined ? { storage: storage ?? deviceStorage() } : { sdk } }
}

export const readStoreOptions = (action: string, options: unknown): StorePlace =>
  placeOf(action, fieldsOf(action, options, ['sdk', 'storage']))

export interface StoreImportSettings extends StorePlace {
  readonly passphrase: string | undefined
  readonly name: string | null
}

export const readImportOptions = (action: string, options: unknown): StoreImportSettings => {
  const fields = fieldsOf(action, options, ['sdk', 'storage', 'passphrase', 'name'])
  return {
    ...placeOf(action, fields),
    passphrase: checkPassphrase(action, fields.passphrase),
    name: fields.name === undefined ? null : parseName(action, fields.name),
  }
}

export const readListOptions = (action: string, options: unknown): AbortSignal | undefined =>
  checkSignal(action, fieldsOf(action, options, ['signal']).signal)

export const checkLogOptions = (action: string, options: unknown): void => {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${action}: options must be an object`)
  const { sdk, storage } = options as LogOptions
  if (sdk !== undefined || storage !== undefined) throw new TypeError(`${action}: it is kept where its store is`)
}

export const checkPassphrase = (action: string, value: unknown): string | undefined =>
  value === undefined ? undefined : checkText(action, 'passphrase', value, MAX_PASSPHRASE_CHARACTERS)

export const checkExport = (action: string, value: unknown): string =>
  checkText(action, 'text', value, MAX_TEXT_CHARACTERS)

/** No error quotes the value: it is a secret. */
const checkText = (action: string, name: string, value: unknown, maxCharacters: number): string => {
  if (typeof value !== 'string') throw new TypeError(`${action}: ${name} must be a string, not ${typeof value}`)
  if (value === '') throw new RangeError(`${action}: ${name} is empty`)
  if (value.length <= maxCharacters) return value
  throw new RangeError(`${action}: ${name} has ${value.length} characters, more than ${maxCharacters}`)
}
