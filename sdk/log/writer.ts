import type { KeyPair } from '../crypto/suite.js'
import type { StorageChange } from '../platform/block-storage.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogWriter, encodeLogWriter, type LogWriter } from '../protocol/log-writer.js'
import { damaged } from './failures.js'
import { writerEntry } from './layout.js'

const SEED_BYTES = 32

/** What a device signs a log with whose secret it has. */
export interface WriterKeys {
  readonly keys: KeyPair
  /** `null` where blocks are not encrypted. */
  readonly lock: Uint8Array | null
}

/** Throws `log-damaged`. */
export const readWriter = (bytes: Uint8Array): LogWriter => {
  try {
    return decodeLogWriter(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw damaged('its secret cannot be read', error)
  }
}

/** How the secret of a log is stored, by whoever may append to it, or has to recover it first. */
export const storedWriter = (logKey: Uint8Array, { keys, lock }: WriterKeys, isRestored: boolean): StorageChange => ({
  key: writerEntry(logKey),
  value: encodeLogWriter({ seed: keys.secretKey.subarray(0, SEED_BYTES), lock, isRestored }),
})
