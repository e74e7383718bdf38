import { scryptAsync } from '@noble/hashes/scrypt.js'
import { encodeUtf8 } from '../util/bytes.js'
import { KEY_BYTES } from './kdf.js'

/**
 * What makes guessing a text costly, and using one slow: 300 ms (155 at 2^15, 670 at 2^17) and 64 MiB of memory in
 * Node 20 on one core of a small server. A phone takes a few times as long, which is why it is not more. Changing it
 * changes the topic of every typed key, and makes every sealed export unreadable.
 */
const COST = { N: 2 ** 16, r: 8, p: 1, dkLen: KEY_BYTES }
/**
 * How long the page stands still at a time, in milliseconds. Not less, since a hidden page without `scheduler.yield`
 * (Safari) waits up to a second at every pause.
 */
const TICK_MS = 50

/** One at a time: each takes 64 MiB, and a bot that is asked into many groups at once would run out of memory. */
let lastDerivation: Promise<unknown> = Promise.resolve()

/** 32 bytes from a text that somebody made up by scrypt. Texts that Unicode holds to be the same (NFC) are one. */
export const stretch = async (text: string, salt: Uint8Array): Promise<Uint8Array> => {
  const derive = (): Promise<Uint8Array> =>
    scryptAsync(encodeUtf8(text.normalize('NFC')), salt, { ...COST, asyncTick: TICK_MS })
  const derivation = lastDerivation.then(derive, derive)
  lastDerivation = derivation
  return derivation
}
