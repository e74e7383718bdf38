/** Checks of what a caller hands in. `action` opens the message of the error. Values are not quoted: they may be secret. */

const MAX_TIMEOUT_MS = 0x7fff_ffff

export const describeType = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value
}

/** The fields of an options object, none but the `known` ones. */
export const checkOptions = <Options extends object>(
  action: string,
  options: Options,
  known: readonly (keyof Options & string)[],
): Options => {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new TypeError(`${action}: options must be an object, not ${describeType(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!(known as readonly string[]).includes(name)) throw new TypeError(`${action}: unknown option "${name}"`)
  }
  return options
}

export const checkFlag = (action: string, name: string, value: unknown, fallback: boolean): boolean => {
  if (value === undefined) return fallback
  if (typeof value === 'boolean') return value
  throw new TypeError(`${action}: ${name} must be a boolean, not ${describeType(value)}`)
}

/** By its shape, since a signal may come from another realm or a polyfill. */
export const checkSignal = (action: string, value: unknown): AbortSignal | undefined => {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value) {
    return value as unknown as AbortSignal
  }
  throw new TypeError(`${action}: signal must be an AbortSignal, not ${describeType(value)}`)
}

export const checkTimeout = (action: string, value: unknown, fallback: number): number => {
  if (value === undefined) return fallback
  if (typeof value !== 'number') {
    throw new TypeError(`${action}: timeoutMs must be a number, not ${describeType(value)}`)
  }
  if (Number.isInteger(value) && value > 0 && value <= MAX_TIMEOUT_MS) return value
  throw new RangeError(`${action}: timeoutMs is "${value}", not a whole number from 1 to ${MAX_TIMEOUT_MS}`)
}

export const checkFunction = (action: string, name: string, value: unknown): void => {
  if (typeof value === 'function') return
  throw new TypeError(`${action}: ${name} must be a function, not ${describeType(value)}`)
}

/** Whom something is for: `all`, an id, or a list of ids, each but once. */
export type Audience = string | readonly string[]

export const checkAudience = (action: string, value: unknown): Audience => {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((id) => typeof id === 'string')) {
    if (value.includes('all')) throw new RangeError(`${action}: "all" is no member's id`)
    return Object.freeze([...new Set(value)])
  }
  throw new TypeError(`${action}: to must be a member's id or an array of such, not ${describeType(value)}`)
}
