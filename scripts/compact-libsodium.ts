import type { Plugin } from 'vite'

/**
 * How libsodium's ES module carries its WebAssembly: a decoder and base64, which gzip can do little with, since its
 * letters do not fall on the bytes' borders. The decoder's own names are what the minifier of that release made of them.
 */
const EMBEDDED = /\(\w=>\{for\(var (?:(?!return \w\}\)).)*return \w\}\)\("(AGFzbQ[A-Za-z0-9+/=]+)"\)/s

/** Bundlers of applications warn of files over 244 KiB; no part comes near. */
const PART_DIGITS = 160_000

const PART = 'skein:wasm/libsodium-wasm-'

const decoder =
  '(t=>{const b=new Uint8Array(t.length/2),v=c=>c>96?c-87:c-48;' +
  'for(let i=0;i<b.length;i++)b[i]=v(t.charCodeAt(2*i))<<4|v(t.charCodeAt(2*i+1));return b})'

/**
 * Writes libsodium's WebAssembly in hexadecimal: 18 KiB less once compressed, because repeated code looks repeated. As
 * ES modules it also comes in several files; a script tag's single file keeps it in one piece.
 */
export const compactLibsodium = (): Plugin => {
  let digits = ''
  return {
    name: 'skein:compact-libsodium',
    applyToEnvironment: (environment) => environment.config.consumer === 'client',
    transform(code, id) {
      if (!id.endsWith('/libsodium.mjs')) return null
      const base64 = EMBEDDED.exec(code)?.[1]
      if (base64 === undefined) this.error('libsodium could not be made smaller: it is not embedded as it used to be')
      digits = Buffer.from(base64, 'base64').toString('hex')
      const count = Math.ceil(digits.length / PART_DIGITS)
      const imports = Array.from({ length: count }, (_, index) => `import(${JSON.stringify(PART + String(index))})`)
      const text =
        this.environment.name === 'global'
          ? JSON.stringify(digits)
          : `(await Promise.all([${imports.join()}])).map(m=>m.default).join('')`
      return { code: code.replace(EMBEDDED, () => `${decoder}(${text})`), map: null }
    },
    resolveId: (id) => (id.startsWith(PART) ? id : null),
    load(id) {
      if (!id.startsWith(PART)) return null
      const from = Number(id.slice(PART.length)) * PART_DIGITS
      return `export default ${JSON.stringify(digits.slice(from, from + PART_DIGITS))}`
    },
  }
}
