import { createClock } from './clock.js'
import type { Platform } from './platform.js'

/** A longer delay overflows in every runtime and would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1
/** What one call to `getRandomValues` gives at most. */
const MAX_RANDOM_BYTES = 65_536

/** What browsers and Node have in common. Globals are looked up at each call, so that importing needs none. */
export const common: Pick<Platform, 'now' | 'setTimer' | 'soon' | 'randomBytes'> = {
  now: createClock(() => Date.now()),
  setTimer: (ms, fn) => {
    const timer = setTimeout(fn, Math.min(ms, MAX_DELAY_MS))
    return () => clearTimeout(timer)
  },
  soon: (fn) => queueMicrotask(fn),
  randomBytes: (size) => {
    const bytes = new Uint8Array(size)
    for (let offset = 0; offset < size; offset += MAX_RANDOM_BYTES) {
      globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + MAX_RANDOM_BYTES))
    }
    return bytes
  },
}
