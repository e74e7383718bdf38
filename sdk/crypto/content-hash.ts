import { FILE_HASH_BYTES } from '../protocol/limits.js'
import { loadSodium, type StreamingSodium } from './sodium.js'

/** BLAKE2b-256 over bytes that come one after the other. Its state is memory of WebAssembly until `finish` or `free`. */
export interface ContentHash {
  /** Throws once it is over. */
  update(bytes: Uint8Array): void
  /** 32 bytes. Ends it. */
  finish(): Uint8Array
  /** Gives up. May be called any number of times, and after `finish`. */
  free(): void
}

export const createContentHash = (sodium: StreamingSodium): ContentHash => {
  const state = sodium.crypto_generichash_init(null, FILE_HASH_BYTES)
  let isOver = false
  // What was freed may be another's by now.
  const assertOpen = (): void => {
    if (isOver) throw new Error('cannot hash: it is over')
  }
  const finish = (): Uint8Array => {
    assertOpen()
    isOver = true
    return sodium.crypto_generichash_final(state, FILE_HASH_BYTES)
  }
  return {
    update: (bytes) => {
      assertOpen()
      sodium.crypto_generichash_update(state, bytes)
    },
    finish,
    free: () => {
      if (!isOver) finish()
    },
  }
}

/** Loads libsodium at the first call. Rejects with the error of the runtime when that fails. */
export const loadContentHash = async (): Promise<ContentHash> => createContentHash(await loadSodium())
