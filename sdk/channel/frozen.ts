/** Freezes a value of plain objects and arrays all through. Bytes in it stay as they are: they cannot be frozen. */
export const freezeDeep = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const item of Object.values(value)) freezeDeep(item)
  return Object.freeze(value)
}

/** A map that refuses to be changed: `Object.freeze` alone leaves `set` as it is. */
export const createReadonlyMap = <Key, Value>(entries: readonly (readonly [Key, Value])[]): ReadonlyMap<Key, Value> => {
  const map = new Map(entries)
  for (const name of ['set', 'delete', 'clear'] as const) Object.defineProperty(map, name, { value: refuse })
  return Object.freeze(map)
}

const refuse = (): never => {
  throw new TypeError('map could not be changed: it is a snapshot')
}
