import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * The rule that no test shows by itself: the way back while no record says one (R7) happens in simulated worlds, but no
 * check looks at it alone. Put none on without a reason.
 */
const SHOWN_BY_NO_TEST: readonly string[] = ['R7']

const rules = [...(await readFile('PROTOCOL.md', 'utf8')).matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map(([, id = '']) => id)

/** A name of a test or a group that begins like 'S6: …' or 'S6, S7: …'. */
const citationsIn = (source: string): string[] =>
  [...source.matchAll(/['"`]((?:[A-Z]\d+, )*[A-Z]\d+): /g)].flatMap(([, ids = '']) => ids.split(', '))

const cited = async (): Promise<Map<string, string[]>> => {
  const files = new Map<string, string[]>()
  for (const file of await readdir('tests', { recursive: true })) {
    if (!file.endsWith('.ts')) continue
    for (const id of citationsIn(await readFile(join('tests', file), 'utf8'))) {
      files.set(id, [...(files.get(id) ?? []), file])
    }
  }
  return files
}

describe('the rules of PROTOCOL.md', () => {
  it('have an id of their own each', () => {
    expect(rules.length).toBeGreaterThan(0)
    expect(rules.filter((id, index) => rules.indexOf(id) !== index)).toEqual([])
  })

  it('are the only ones that tests cite', async () => {
    const unknown = [...(await cited())].filter(([id]) => !rules.includes(id))
    expect(Object.fromEntries(unknown)).toEqual({})
  })

  it('are the only ones that SECURITY.md names, each of them shown by a test', async () => {
    const named = [...(await readFile('SECURITY.md', 'utf8')).matchAll(/\b[A-Z]\d{1,2}\b/g)].map(([id]) => id)
    expect(named.length).toBeGreaterThan(30)
    const shown = await cited()
    expect(named.filter((id) => !rules.includes(id) || !shown.has(id))).toEqual([])
  })

  it('are shown by tests, but for those named above', async () => {
    const shown = await cited()
    expect(rules.filter((id) => !shown.has(id))).toEqual(SHOWN_BY_NO_TEST)
  })
})
