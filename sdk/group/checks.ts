import { describeType } from './messages.js'

/**
 * Checks of what a caller hands in. `action` opens the message of the error, as in
 * `group could not be made: lingerMs is "soon", not a whole number`. Only names and numbers are quoted: other values
 * may hold secrets.
 */

/** The own fields of a plain options object, none but the `known` ones. `undefined` counts as not given. */
export const checkFields = (
  action: string,
  what: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${action}: ${what} must be an object, not ${describeType(value)}`)
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new TypeError(`${action}: unknown option "${name}" in ${what}`)
  }
  return value as Readonly<Record<string, unknown>>
}

export const checkBoolean = (action: string, name: string, value: unknown): boolean => {
  if (typeof value !== 'boolean')
    throw new TypeError(`${action}: ${name} must be a boolean, not ${describeType(value)}`)
  return value
}

export const checkWhole = (action: string, name: string, value: unknown, min: number, max: number): number => {
  if (typeof value !== 'number') throw new TypeError(`${action}: ${name} must be a number, not ${describeType(value)}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${action}: ${name} is "${value}", not a whole number from ${min} to ${max}`)
  }
  return value
}

export const checkArray = (action: string, name: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TypeError(`${action}: ${name} must be an array, not ${describeType(value)}`)
  return value
}

/** By its shape, since a signal may come from another realm or a polyfill. */
export const checkSignal = (action: string, value: unknown): AbortSignal | undefined => {
  if (value === undefined) return undefined
  const isSignal = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  if (isSignal) return value as unknown as AbortSignal
  throw new TypeError(`${action}: signal must be an AbortSignal, not ${describeType(value)}`)
}

export const checkMemberId = (action: string, value: unknown): string => {
  if (typeof value === 'string') return value
  throw new TypeError(`${action}: the member id must be a string, not ${describeType(value)}`)
}
