import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import original from 'libsodium-wrappers'
import { describe, expect, inject, it } from 'vitest'
import { CALLED } from '../../scripts/libsodium/called.js'

type Sodium = typeof original & Readonly<Record<string, unknown>>

/** The bundle for browsers has libsodium made smaller, in a chunk that needs no browser. */
const loadCompact = async (): Promise<Sodium> => {
  const folder = join(inject('packedProject'), 'node_modules/skein/dist/browser/chunks')
  const [file, ...others] = (await readdir(folder)).filter((name) => /^libsodium-wrappers-.*\.js$/.test(name))
  if (file === undefined || others.length > 0) throw new Error('libsodium is not one chunk, as it used to be')
  return ((await import(pathToFileURL(join(folder, file)).href)) as { default: Sodium }).default
}

const compact = await loadCompact()
await Promise.all([compact.ready, original.ready])

const bytes = (size: number, seed = 1): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) % 251)
/** Around the sizes of blocks, and one whose hash takes several. */
const messages = [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 1_024, 16_384].map((size) => bytes(size, size))
const additional = [null, bytes(0), bytes(40)]
const [seed, other, key] = [bytes(32, 2), bytes(32, 3), bytes(32, 4)]
const nonce = { ietf: bytes(12, 5), x: bytes(24, 6) }
const damaged = (sealed: Uint8Array): Uint8Array => sealed.map((byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte))

/** What it gives, or that it throws. */
const attempt = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return (error as Error).message
  }
}

const hashInPieces = (sodium: Sodium, message: Uint8Array, size: number): Uint8Array => {
  const state = sodium.crypto_generichash_init(null, size)
  for (let at = 0; at < message.length; at += 100)
    sodium.crypto_generichash_update(state, message.subarray(at, at + 100))
  return sodium.crypto_generichash_final(state, size)
}

const pairs = messages.flatMap((message) => additional.map((ad) => ({ message, ad })))
const pair = original.crypto_sign_seed_keypair(seed)
const signed = messages.map((message) => ({
  message,
  signature: original.crypto_sign_detached(message, pair.privateKey),
}))
const sealed = {
  ietf: pairs.map(({ message, ad }) =>
    original.crypto_aead_chacha20poly1305_ietf_encrypt(message, ad, null, nonce.ietf, key),
  ),
  x: pairs.map(({ message, ad }) =>
    original.crypto_aead_xchacha20poly1305_ietf_encrypt(message, ad, null, nonce.x, key),
  ),
  box: messages.map((message) => original.crypto_secretbox_easy(message, nonce.x, key)),
}

/** What each function gives for the same arguments, which is to be the same bytes. */
const uses: Readonly<Record<string, (sodium: Sodium) => unknown>> = {
  crypto_generichash: (sodium) =>
    messages.flatMap((message) =>
      [16, 32, 64].flatMap((size) => [null, key].map((with_) => sodium.crypto_generichash(size, message, with_))),
    ),
  crypto_generichash_init: (sodium) => hashInPieces(sodium, bytes(1_000), 32),
  crypto_generichash_update: (sodium) => messages.map((message) => hashInPieces(sodium, message, 32)),
  crypto_generichash_final: (sodium) => [16, 32, 64].map((size) => hashInPieces(sodium, bytes(300), size)),
  crypto_aead_chacha20poly1305_ietf_encrypt: (sodium) =>
    pairs.map(({ message, ad }) =>
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(message, ad, null, nonce.ietf, key),
    ),
  crypto_aead_chacha20poly1305_ietf_decrypt: (sodium) =>
    sealed.ietf.flatMap((text, i) =>
      [text, damaged(text)].map((given) =>
        attempt(() =>
          sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, given, pairs[i]?.ad ?? null, nonce.ietf, key),
        ),
      ),
    ),
  crypto_aead_xchacha20poly1305_ietf_encrypt: (sodium) =>
    pairs.map(({ message, ad }) => sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(message, ad, null, nonce.x, key)),
  crypto_aead_xchacha20poly1305_ietf_decrypt: (sodium) =>
    sealed.x.flatMap((text, i) =>
      [text, damaged(text)].map((given) =>
        attempt(() =>
          sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, given, pairs[i]?.ad ?? null, nonce.x, key),
        ),
      ),
    ),
  crypto_sign_seed_keypair: (sodium) => [seed, other].map((from) => sodium.crypto_sign_seed_keypair(from)),
  crypto_scalarmult_base: (sodium) => [seed, other].map((secret) => sodium.crypto_scalarmult_base(secret)),
  crypto_scalarmult: (sodium) =>
    // The last two: a point of small order, which it must refuse, and a key of the wrong size.
    [original.crypto_scalarmult_base(other), new Uint8Array(32), bytes(31)].map((point) =>
      attempt(() => sodium.crypto_scalarmult(seed, point)),
    ),
  crypto_sign_detached: (sodium) => messages.map((message) => sodium.crypto_sign_detached(message, pair.privateKey)),
  crypto_sign_verify_detached: (sodium) =>
    signed.flatMap(({ message, signature }) =>
      [signature, damaged(signature)].map((given) =>
        sodium.crypto_sign_verify_detached(given, message, pair.publicKey),
      ),
    ),
  crypto_secretbox_easy: (sodium) => messages.map((message) => sodium.crypto_secretbox_easy(message, nonce.x, key)),
  crypto_secretbox_open_easy: (sodium) =>
    sealed.box.flatMap((text) =>
      [text, damaged(text)].map((given) => attempt(() => sodium.crypto_secretbox_open_easy(given, nonce.x, key))),
    ),
  // At random: all that can be the same is how many.
  randombytes_buf: (sodium) => [0, 1, 32, 1_000].map((size) => sodium.randombytes_buf(size).length),
}

describe('libsodium, made smaller for browsers', () => {
  it('has the functions that are called, and no other', () => {
    const functions = Object.keys(compact).filter((name) => /^(crypto|randombytes|sodium)_/.test(name))
    expect(functions.filter((name) => typeof compact[name] === 'function').sort()).toEqual([...CALLED].sort())
    expect(Object.keys(uses).sort()).toEqual([...CALLED].sort())
  })

  it.each(Object.entries(uses))('%s gives what the whole library gives', (_, use) => {
    expect(use(compact)).toEqual(use(original as Sodium))
  })

  it('draws other random bytes each time', () => {
    expect(compact.randombytes_buf(32)).not.toEqual(compact.randombytes_buf(32))
  })
})
