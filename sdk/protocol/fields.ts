import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/** A list of typed fields, ascending by type. A reader skips the types that it does not know. */
export type Fields = ReadonlyMap<number, Uint8Array>

const MAX_FIELDS = 32

export const encodeFields = (fields: readonly (readonly [type: number, value: Uint8Array])[]): Uint8Array =>
  encoding.encode((encoder) => {
    for (const [type, value] of fields) {
      encoding.writeVarUint(encoder, type)
      encoding.writeVarUint8Array(encoder, value)
    }
  })

export const decodeFields = (bytes: Uint8Array): Fields => {
  const reader = new Reader(bytes)
  const fields = new Map<number, Uint8Array>()
  let previous = -1
  while (reader.left > 0) {
    const type = reader.varint()
    if (type <= previous) throw new DecodeError('fields out of order')
    if (fields.size === MAX_FIELDS) throw new DecodeError('too many fields')
    fields.set(type, reader.prefixed(bytes.length))
    previous = type
  }
  return fields
}

export const requireField = (fields: Fields, type: number): Uint8Array => {
  const value = fields.get(type)
  if (value === undefined) throw new DecodeError(`field ${String(type)} is missing`)
  return value
}

export const encodeNumber = (value: number): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, value)
  })

/** The field's number, or `fallback` where it is absent. */
export const numberField = (fields: Fields, type: number, fallback: number): number => {
  const value = fields.get(type)
  if (value === undefined) return fallback
  const reader = new Reader(value)
  const number = reader.varint()
  reader.end()
  return number
}
