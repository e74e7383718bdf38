import type { Plugin } from 'vite'

/**
 * How libsodium's ES module carries its WebAssembly: a decoder and base64, which gzip can do little with, since its
 * letters do not fall on the bytes' borders. The decoder's own names are what the minifier of that release made of them.
 */
const EMBEDDED = /\(\w=>\{for\(var (?:(?!return \w\}\)).)*return \w\}\)\("(AGFzbQ[A-Za-z0-9+/=]+)"\)/s

/** Bundlers of applications warn of files over 244 KiB; no part comes near. */
const PART_CHARACTERS = 130_000

const PART = 'skein:wasm/libsodium-wasm-'

/** What stands in any kind of literal as it is. The first two are prefixes. */
const alphabet = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
  .filter((character) => !'"\\$`'.includes(character))
  .join('')
const PREFIXES = 2
const SINGLES = alphabet.length - PREFIXES

/** The values of a byte, the most frequent first: those with a character of their own, then those with a pair. */
const orderOf = (bytes: Uint8Array): readonly number[] => {
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return counts.map((_, byte) => byte).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
}

const encode = (bytes: Uint8Array, order: readonly number[]): string => {
  const pieceOf = new Array<string>(256)
  order.forEach((byte, rank) => {
    const pair = rank - SINGLES
    pieceOf[byte] =
      pair < 0
        ? alphabet.charAt(PREFIXES + rank)
        : alphabet.charAt(Math.floor(pair / alphabet.length)) + alphabet.charAt(pair % alphabet.length)
  })
  return Array.from(bytes, (byte) => pieceOf[byte]).join('')
}

const createDecoder = (size: number, order: readonly number[]): string =>
  `(t=>{const b=new Uint8Array(${size}),a=${JSON.stringify(alphabet)},o=[${order.join()}],m=[];let i,n=0,v;` +
  `for(i=0;i<a.length;)m[a.charCodeAt(i)]=i++;` +
  `for(i=0;i<t.length;b[n++]=o[v])` +
  `(v=m[t.charCodeAt(i++)])<${PREFIXES}?v=${SINGLES}+v*a.length+m[t.charCodeAt(i++)]:v-=${PREFIXES};return b})`

/** The functions that are called: by sdk/crypto (`sodium.ts` lists them), and by libsodium's own test when it begins. */
const CALLED = new Set([
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

/** How the wrappers name all their functions, and then list them in the same order. */
const WRAPPERS = /for\(var e=\[("[^\]]+")\],a=\[([^\]]+)\],/
/** And how they name all constants. */
const CONSTANTS = /var n=\[("[^\]]+")\];for\(/

/** Lists no function and no constant that nobody asks for, so that the minifier drops what is behind them. */
const withoutUncalled = (code: string): string | null => {
  const [functions, names = '', values = ''] = WRAPPERS.exec(code) ?? []
  const [constants, constantNames = ''] = CONSTANTS.exec(code) ?? []
  if (functions === undefined || constants === undefined) return null
  const listed = names.split(',')
  const valueOf = values.split(',')
  const called = listed.flatMap((name, index) => (CALLED.has(JSON.parse(name) as string) ? [index] : []))
  if (listed.length !== valueOf.length || called.length !== CALLED.size) return null
  const pick = (all: readonly string[]): string => called.map((index) => all[index]).join()
  const asked = constantNames.split(',').filter((name) => code.includes(`t.${JSON.parse(name) as string}`))
  return code
    .replace(functions, () => `for(var e=[${pick(listed)}],a=[${pick(valueOf)}],`)
    .replace(constants, () => `var n=[${asked.join()}];for(`)
}

/**
 * Writes libsodium's WebAssembly so that most bytes are one character and the others two: 27 KiB less than base64 once
 * compressed, because repeated code looks repeated (and 9 KiB less than hexadecimal). As ES modules it also comes in
 * several files; a script tag's single file keeps it in one piece. Of the functions around it, those that nobody calls go.
 */
export const compactLibsodium = (): Plugin => {
  let text = ''
  return {
    name: 'skein:compact-libsodium',
    applyToEnvironment: (environment) => environment.config.consumer === 'client',
    transform(code, id) {
      if (id.endsWith('/libsodium-wrappers.mjs')) {
        const less = withoutUncalled(code)
        if (less === null) this.error('libsodium could not be made smaller: its wrappers are not as they used to be')
        return { code: less, map: null }
      }
      if (!id.endsWith('/libsodium.mjs')) return null
      const base64 = EMBEDDED.exec(code)?.[1]
      if (base64 === undefined) this.error('libsodium could not be made smaller: it is not embedded as it used to be')
      const bytes = Buffer.from(base64, 'base64')
      const order = orderOf(bytes)
      text = encode(bytes, order)
      const count = Math.ceil(text.length / PART_CHARACTERS)
      const imports = Array.from({ length: count }, (_, index) => `import(${JSON.stringify(PART + String(index))})`)
      const literal =
        this.environment.name === 'global'
          ? JSON.stringify(text)
          : `(await Promise.all([${imports.join()}])).map(m=>m.default).join('')`
      return { code: code.replace(EMBEDDED, () => `${createDecoder(bytes.length, order)}(${literal})`), map: null }
    },
    resolveId: (id) => (id.startsWith(PART) ? id : null),
    load(id) {
      if (!id.startsWith(PART)) return null
      const from = Number(id.slice(PART.length)) * PART_CHARACTERS
      return `export default ${JSON.stringify(text.slice(from, from + PART_CHARACTERS))}`
    },
  }
}
