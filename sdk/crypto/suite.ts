import type { Label } from './labels.js'

/** An Ed25519 or X25519 key pair, 32 bytes public; 64 (Ed25519) or 32 (X25519) bytes secret. */
export interface KeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

export type HandshakeRole = 'initiator' | 'responder'

/** What a finished handshake leaves: one key per direction, and the hash that names this session. */
export interface SessionSecrets {
  readonly send: Uint8Array
  readonly receive: Uint8Array
  /** 64 bytes; equal at both ends and different in every session. */
  readonly hash: Uint8Array
}

/** One run of a two-message handshake. Any call out of turn throws: that is a bug of the caller, not of the peer. */
export interface Handshake {
  /** The next handshake message, carrying `payload` sealed. */
  write(payload: Uint8Array): Uint8Array
  /** The payload of the other side's message, or `null` when it is not authentic. */
  read(message: Uint8Array): Uint8Array | null
  /** The other side's static key: as given by the initiator, for a responder known once the first message is read. */
  readonly remoteStatic: Uint8Array | null
  /** Available after both messages. */
  split(): SessionSecrets
}

/**
 * The cryptography that the engine is handed. Everything is synchronous and deterministic but for the random source
 * that the suite was made with. Methods that open or verify answer `null` or `false`; they never throw for bad input
 * of any length.
 */
export interface CryptoSuite {
  /** Noise's shape: the initiator knows `rs` beforehand, a responder passes `null`. */
  start(role: HandshakeRole, prologue: Uint8Array, s: KeyPair, rs: Uint8Array | null, psk: Uint8Array): Handshake
  /** 32 bytes: keyed BLAKE2b over length-prefixed label and parts; a `null` key is 32 zero bytes. */
  kdf(key: Uint8Array | null, label: Label, ...parts: Uint8Array[]): Uint8Array
  /** ChaCha20-Poly1305 (IETF) under a counter nonce; adds 16 bytes. A counter is used once per key. */
  seal(key: Uint8Array, counter: number, ad: Uint8Array, plaintext: Uint8Array): Uint8Array
  open(key: Uint8Array, counter: number, ad: Uint8Array, sealed: Uint8Array): Uint8Array | null
  /** XChaCha20-Poly1305 under a random nonce, which leads the result; adds 40 bytes. */
  sealRandom(key: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array
  openRandom(key: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Uint8Array | null
  /** 64 bytes over the labelled body. */
  sign(secretKey: Uint8Array, label: Label, body: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, label: Label, body: Uint8Array, signature: Uint8Array): boolean
  /** `size` random bytes from the source that the suite was made with. */
  random(size: number): Uint8Array
  /** A fresh Ed25519 pair. */
  identityKeys(): KeyPair
  /** A fresh X25519 pair. */
  sessionKeys(): KeyPair
}
