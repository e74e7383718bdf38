/**
 * The functions of libsodium that are used here. The package's own types also declare functions that its standard
 * build lacks, so anything not listed must first be tried at run time.
 */
export interface Sodium {
  crypto_generichash(size: number, message: Uint8Array, key: Uint8Array | null): Uint8Array
  crypto_aead_chacha20poly1305_ietf_encrypt(
    message: Uint8Array,
    ad: Uint8Array,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array
  crypto_aead_chacha20poly1305_ietf_decrypt(
    secretNonce: null,
    sealed: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array
  crypto_aead_xchacha20poly1305_ietf_encrypt(
    message: Uint8Array,
    ad: Uint8Array,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array
  crypto_aead_xchacha20poly1305_ietf_decrypt(
    secretNonce: null,
    sealed: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array
  crypto_sign_seed_keypair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
  crypto_scalarmult_base(secretKey: Uint8Array): Uint8Array
  /** Throws for a public key of small order, which would make the result no secret. */
  crypto_scalarmult(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  crypto_sign_detached(message: Uint8Array, secretKey: Uint8Array): Uint8Array
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

/** What hashes bytes as they come. Where the state lies is the library's own business. */
export interface StreamingSodium {
  crypto_generichash_init(key: null, size: number): unknown
  crypto_generichash_update(state: unknown, message: Uint8Array): void
  /** Frees the state too. */
  crypto_generichash_final(state: unknown, size: number): Uint8Array
}

let loading: Promise<Sodium & StreamingSodium> | undefined

const load = async (): Promise<Sodium & StreamingSodium> => {
  const { default: sodium } = await import('libsodium-wrappers')
  // Before that, the functions are not there at all.
  await sodium.ready
  return sodium
}

/**
 * Loads libsodium (in a page 74 KiB gzip) and compiles its WebAssembly, once; later calls share the result. A failed
 * load is not remembered here, so that a page that was offline can try again where its browser fetches modules anew.
 */
export const loadSodium = (): Promise<Sodium & StreamingSodium> => {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}
