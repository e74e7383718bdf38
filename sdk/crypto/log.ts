import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogHead, encodeLogHeadBody, type LogHead, type SignedLogHead } from '../protocol/log-head.js'
import { MAX_BLOCK_BYTES } from '../protocol/limits.js'
import { concatBytes, encodeUtf8, joinInto } from '../util/bytes.js'
import { openRandom, sealRandom } from './aead.js'
import { KEY_BYTES, kdf } from './kdf.js'
import { sign, verify } from './signature.js'
import type { Sodium } from './sodium.js'
import type { KeyPair } from './suite.js'

/** What an encrypted block takes beside its plaintext: nonce and tag. */
export const SEALED_BLOCK_OVERHEAD = 40

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Where what is hashed is put together: memory that is new for each block takes a fifth of the time of reading a log. */
let space: Uint8Array | undefined

/** The tree of a log, whose hash is BLAKE2b-256 where RFC 9162 has SHA-256. Blocks are of at most `MAX_BLOCK_BYTES`. */
export const createTreeHash = (
  sodium: Sodium,
): { leaf(block: Uint8Array): Uint8Array; node(left: Uint8Array, right: Uint8Array): Uint8Array } => {
  const hash = (...parts: readonly Uint8Array[]): Uint8Array =>
    sodium.crypto_generichash(KEY_BYTES, joinInto((space ??= new Uint8Array(1 + MAX_BLOCK_BYTES)), parts), null)
  return { leaf: (block) => hash(LEAF, block), node: (left, right) => hash(NODE, left, right) }
}

/** The keys of a log's writer, from 32 secret bytes. */
export const logKeysOf = (sodium: Sodium, seed: Uint8Array): KeyPair => {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { publicKey, secretKey: privateKey }
}

/** What a log may be called before those who do not have its key, who cannot learn that from it. */
export const logIdOf = (sodium: Sodium, key: Uint8Array): Uint8Array => kdf(sodium, null, 'log-id', key)

/**
 * Shows that one knows a log's key, without showing it: worth nothing to anybody but the two that have agreed on `binding`, nor to
 * the one of them that it is shown to. 32 bytes.
 */
export const logCapabilityOf = (sodium: Sodium, key: Uint8Array, binding: Uint8Array, isFirst: boolean): Uint8Array =>
  kdf(sodium, key, 'log-cap', binding, Uint8Array.of(isFirst ? 0 : 1))

/** One end of a stream of bytes between two devices. */
export interface LogLinkEnd {
  /** Made up for this stream alone. */
  readonly nonce: Uint8Array
  /** Who it is, as the stream itself proves it to the other end; empty where it proves nothing. */
  readonly name: string
}

/** The binding of a stream, by its ends: that with the smaller nonce first. */
export const logBindingOf = (sodium: Sodium, first: LogLinkEnd, second: LogLinkEnd): Uint8Array =>
  kdf(sodium, null, 'log-link', first.nonce, second.nonce, encodeUtf8(first.name), encodeUtf8(second.name))

/** HEAD, as it is stored and sent. */
export const signLogHead = (sodium: Sodium, secretKey: Uint8Array, head: LogHead): Uint8Array => {
  const body = encodeLogHeadBody(head)
  return concatBytes(body, sign(sodium, secretKey, 'log-head', body))
}

/** A head that the log's own key signed; `null` for whatever else the bytes are. */
export const verifyLogHead = (sodium: Sodium, bytes: Uint8Array): SignedLogHead | null => {
  try {
    const head = decodeLogHead(bytes)
    return verify(sodium, head.key, 'log-head', head.body, head.signature) ? head : null
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

/** Seals and opens the blocks of one log. */
export interface BlockCipher {
  seal(index: number, block: Uint8Array): Uint8Array
  /** `null` for what `seal` did not make under this key for this place. */
  open(index: number, sealed: Uint8Array): Uint8Array | null
}

/**
 * XChaCha20-Poly1305 under a random nonce: one that follows from the index would be used twice where a log is forked. Each
 * log has a key of its own, so that many may be given the same `encryptionKey` of 32 bytes.
 */
export const createBlockCipher = (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  encryptionKey: Uint8Array,
  logKey: Uint8Array,
): BlockCipher => {
  const key = kdf(sodium, encryptionKey, 'log-block', logKey)
  return {
    seal: (index, block) => sealRandom(sodium, random, key, placeOf(index), block),
    open: (index, sealed) => openRandom(sodium, key, placeOf(index), sealed),
  }
}

/** By which a device tells the encryption key of a log of its own from another, without keeping it: 32 bytes. */
export const logLockOf = (sodium: Sodium, encryptionKey: Uint8Array, logKey: Uint8Array): Uint8Array =>
  kdf(sodium, encryptionKey, 'log-lock', logKey)

/** The index as u64, little-endian. */
const placeOf = (index: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, index >>> 0, true)
  view.setUint32(4, Math.floor(index / 0x1_0000_0000), true)
  return bytes
}
