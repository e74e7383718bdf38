/**
 * Keys and what is made with them: libsodium loaded late, key derivation, sealing, handshakes and signatures behind
 * one interface (`suite.ts`), the group's key string and all that follows from it. Nothing here knows of frames or
 * members' states; the engine is handed a suite and imports types alone.
 */
export type { AuthProvider } from './auth.js'
export { deriveGroupKeys } from './group-keys.js'
export { generateGroupKey, groupSecretOf, parseGroupKey, type GroupKey } from './group-key.js'

export { createContentHash, loadContentHash, type ContentHash } from './content-hash.js'

export {
  createBlockCipher,
  createTreeHash,
  logBindingOf,
  logCapabilityOf,
  logIdOf,
  logKeysOf,
  logLockOf,
  SEALED_BLOCK_OVERHEAD,
  signLogHead,
  verifyLogHead,
  type BlockCipher,
} from './log.js'

export { loadSodium, type Sodium } from './sodium.js'
