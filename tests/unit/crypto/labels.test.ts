import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const sdk = fileURLToPath(new URL('../../../sdk', import.meta.url))
const files = readdirSync(sdk, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
const sources = files.map((path) => readFileSync(join(sdk, path), 'utf8'))
const listed = [...readFileSync(join(sdk, 'crypto/labels.ts'), 'utf8').matchAll(/\| '([a-z0-9-]+)'/g)].map((m) => m[1])

/** What each label stands for: all that is derived or signed under it, as it is written in the sources. */
const purposes = new Map<string, Set<string>>()
for (const source of sources) {
  const add = (label = '', purpose: string) => purposes.set(label, (purposes.get(label) ?? new Set()).add(purpose))
  for (const [call, label] of source.matchAll(/\bkdf\(\s*[\w.#]+,\s*'([a-z0-9-]+)'[^)]*\)/g)) {
    add(label, call.replaceAll(/\s/g, ''))
  }
  for (const [, label] of source.matchAll(/\.(?:sign|verify)\([^,()]+,\s*'([a-z0-9-]+)'/g)) add(label, 'signature')
}

describe('labels', () => {
  it('are found in the sources by this test', () => {
    expect([...purposes.keys()]).toEqual(expect.arrayContaining(['topic', 'hello', 'psk', 'group-id', 'sid', 'cert']))
  })

  it('K5: serve one purpose each', () => {
    for (const [label, uses] of purposes) expect([...uses], label).toHaveLength(1)
  })

  it('are all in the list, once', () => {
    for (const label of purposes.keys()) expect(listed).toContain(label)
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('are kept apart from the names of the provisional suite', () => {
    expect(listed.filter((label) => label?.startsWith('provisional-'))).toEqual([])
    const names = sources.flatMap((source) => [...source.matchAll(/[`']provisional-/g)])
    expect(names.length).toBeGreaterThan(5)
  })
})
