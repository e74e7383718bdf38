/** The glue: it carries the WebAssembly, starts it, and gives its exports, whose names are short, those of C. */

/**
 * How libsodium's ES module carries its WebAssembly: a decoder and base64, which gzip can do little with, since its
 * letters do not fall on the bytes' borders. The decoder's own names are what the minifier of that release made of them.
 */
const EMBEDDED = /\(\w=>\{for\(var (?:(?!return \w\}\)).)*return \w\}\)\("(AGFzbQ[A-Za-z0-9+/=]+)"\)/s

/** How it names one export; what it does with memory, table and the like reads differently. */
const NAMING = /\w+\.(_[a-z]\w*)=\w+\.([\w$]+),/g

export const embeddedWasm = (glue: string): Uint8Array => {
  const base64 = EMBEDDED.exec(glue)?.[1]
  if (base64 === undefined) throw new Error('its WebAssembly is embedded in another way')
  return Buffer.from(base64, 'base64')
}

export const withEmbedded = (glue: string, expression: string): string => glue.replace(EMBEDDED, () => expression)

export interface LessGlue {
  readonly code: string
  /** The exports whose names are gone from the code. */
  readonly dropped: readonly string[]
}

/** Leaves out every function that is not needed. What is not known to be one of C's functions stays. */
export const withoutUnneeded = (glue: string, needed: ReadonlySet<string>): LessGlue => {
  const dropped: string[] = []
  const found = new Set<string>()
  const code = glue.replace(NAMING, (naming, name: string, exported: string) => {
    found.add(name)
    if (needed.has(name)) return naming
    dropped.push(exported)
    return ''
  })
  const missing = Array.from(needed).filter((name) => !found.has(name))
  if (missing.length > 0) throw new Error(`its glue does not name ${missing.join(', ')}`)
  return { code, dropped }
}
