import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const sdk = fileURLToPath(new URL('../../../sdk', import.meta.url))
const files = readdirSync(sdk, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
const sources = files.map((path) => [path, readFileSync(join(sdk, path), 'utf8')] as const)
const listed = [...readFileSync(join(sdk, 'crypto/labels.ts'), 'utf8').matchAll(/\| '([a-z0-9-]+)'/g)].map(
  ([, label = '']) => label,
)

interface Use {
  readonly label: string
  /** What is made under it: all calls that make the same are one use. */
  readonly purpose: string
}

/** The arguments of a call, from behind its opening bracket. */
const argumentsAt = (source: string, from: number): string[] => {
  const parts = ['']
  for (let at = from, depth = 0; at < source.length; at++) {
    const letter = source[at] as string
    if (depth === 0 && letter === ')') break
    if ('([{'.includes(letter)) depth++
    if (')]}'.includes(letter)) depth--
    if (depth === 0 && letter === ',') parts.push('')
    else parts.push(`${parts.pop() ?? ''}${letter}`)
  }
  return parts.map((part) => part.replaceAll(/\s+/g, ' ').trim()).filter((part) => part !== '')
}

/** Calls under a literal label. Definitions and calls that hand a label on have none. */
const usesIn = (source: string): Use[] =>
  [...source.matchAll(/(?<!\w)(kdf|sign|verify|prefixed|labelBytes|#derive)\(/g)].flatMap(
    ({ 0: call, 1: name = '', index }) => {
      const given = argumentsAt(source, index + call.length)
      const literal = given.findIndex((argument) => /^'[a-z0-9-]+'$/.test(argument))
      if (literal < 0) return []
      const label = (given[literal] as string).slice(1, -1)
      const rest = given.slice(literal + 1).join(', ')
      // The rest of a signature is what is signed, and, to verify it, the signature: one use.
      if (name === 'sign' || name === 'verify') return [{ label, purpose: 'signature' }]
      // One end's key to send with is the other end's to receive with; the session picks by its role.
      if (name === '#derive')
        return ['i2r', 'r2i'].map((way) => ({ label: `${label}-${way}`, purpose: `key(${rest})` }))
      return [{ label, purpose: name === 'kdf' ? `key(${given.slice(0, literal).at(-1) ?? ''}; ${rest})` : name }]
    },
  )

const uses = sources.flatMap(([, source]) => usesIn(source))
const labels = [...new Set(uses.map(({ label }) => label))].sort()
const purposesOf = (label: string): string[] => [
  ...new Set(uses.filter((use) => use.label === label).map(({ purpose }) => purpose)),
]

describe('labels', () => {
  it('are found in the sources by this test, whatever they are for', () => {
    expect(usesIn("suite.kdf(\n  secret,\n  'topic',\n  zero(1, 2),\n)")).toEqual([
      { label: 'topic', purpose: 'key(secret; zero(1, 2))' },
    ])
    expect(usesIn("verify(this.#sodium, identity, 'bot-cert', a, b); suite.sign(key, 'cert', body)")).toEqual([
      { label: 'bot-cert', purpose: 'signature' },
      { label: 'cert', purpose: 'signature' },
    ])
    expect(usesIn("this.#derive('ws', a, b)").map(({ label }) => label)).toEqual(['ws-i2r', 'ws-r2i'])
    expect(usesIn("prefixed('bind', empty), labelBytes('typed-key'), kdf(key, label, ...parts)")).toEqual([
      { label: 'bind', purpose: 'prefixed' },
      { label: 'typed-key', purpose: 'labelBytes' },
    ])
  })

  it('K5: serve one purpose each', () => {
    for (const label of labels) expect(purposesOf(label), label).toHaveLength(1)
  })

  it('are all in the list, once, and none is listed that is not used', () => {
    expect([...listed].sort()).toEqual(labels)
  })

  it('are written out nowhere else', () => {
    const spelled = sources.filter(([, source]) => /[`'"]skein\/v1/.test(source)).map(([path]) => path)
    expect(spelled.sort()).toEqual(['crypto/labels.ts', 'mesh/session/prefixed.ts'])
  })
})
