import { labelBytes, type Label } from './labels.js'
import type { Sodium } from './sodium.js'

export const KEY_BYTES = 32
const LENGTH_BYTES = 4
const noKey = new Uint8Array(KEY_BYTES)

/**
 * 32 bytes for one purpose: BLAKE2b over `label` and `parts`, each behind its length (u32, little-endian), so that no
 * two different lists are ever the same bytes. `key` is 32 bytes or none (32 zero bytes); anything else is a RangeError,
 * since BLAKE2b itself would take other lengths silently.
 */
export const kdf = (
  sodium: Sodium,
  key: Uint8Array | null,
  label: Label,
  ...parts: readonly Uint8Array[]
): Uint8Array => {
  if (key !== null && key.length !== KEY_BYTES) {
    throw new RangeError(`cannot derive "${label}": key of ${key.length} bytes, not ${KEY_BYTES}`)
  }
  const fields = [labelBytes(label), ...parts]
  const input = new Uint8Array(fields.reduce((sum, field) => sum + LENGTH_BYTES + field.length, 0))
  const view = new DataView(input.buffer)
  let offset = 0
  for (const field of fields) {
    view.setUint32(offset, field.length, true)
    input.set(field, offset + LENGTH_BYTES)
    offset += LENGTH_BYTES + field.length
  }
  return sodium.crypto_generichash(KEY_BYTES, input, key ?? noKey)
}
