/** The functions that are called: by sdk/crypto (`sodium.ts` lists them), and by libsodium's own test when it begins. */
export const CALLED: ReadonlySet<string> = new Set([
  'crypto_generichash',
  'crypto_generichash_init',
  'crypto_generichash_update',
  'crypto_generichash_final',
  'crypto_aead_chacha20poly1305_ietf_encrypt',
  'crypto_aead_chacha20poly1305_ietf_decrypt',
  'crypto_aead_xchacha20poly1305_ietf_encrypt',
  'crypto_aead_xchacha20poly1305_ietf_decrypt',
  'crypto_sign_seed_keypair',
  'crypto_scalarmult_base',
  'crypto_scalarmult',
  'crypto_sign_detached',
  'crypto_sign_verify_detached',
  'crypto_secretbox_easy',
  'crypto_secretbox_open_easy',
  'randombytes_buf',
])
