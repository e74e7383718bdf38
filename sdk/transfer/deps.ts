import type { ContentHash } from '../crypto/content-hash.js'
import type { Platform } from '../platform/platform.js'

/** What transfers need of the machine; `loadContentHash` of `crypto/` is the hash that ships. */
export interface TransferDeps extends Pick<Platform, 'now' | 'setTimer' | 'randomBytes'> {
  /** A new BLAKE2b-256. May reject, and is then tried again with the next file. */
  loadHash(): Promise<ContentHash>
}
