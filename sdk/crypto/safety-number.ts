import { compareBytes } from '../util/bytes.js'
import { kdf } from './kdf.js'
import type { Sodium } from './sodium.js'

/** How often the hash is taken: whoever looks for keys with a similar number pays this for each try, some 20 ms. */
const ROUNDS = 5_200
const GROUPS = 12
const GROUP_DIGITS = 5
const DIGITS = GROUPS * GROUP_DIGITS

/**
 * Two identities as 12 groups of 5 digits, the same at both ends and whichever comes first: the big-endian number of
 * the last hash, modulo 10^60.
 */
export const safetyNumberOf = (sodium: Sodium, one: Uint8Array, other: Uint8Array): string => {
  const [low, high] = compareBytes(one, other) < 0 ? [one, other] : [other, one]
  let hash: Uint8Array | null = null
  for (let round = 0; round < ROUNDS; round++) hash = kdf(sodium, hash, 'safety', low, high)
  let number = 0n
  for (const byte of hash ?? []) number = (number << 8n) | BigInt(byte)
  const digits = (number % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0')
  return Array.from({ length: GROUPS }, (_, group) =>
    digits.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS),
  ).join(' ')
}
