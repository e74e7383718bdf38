import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'

const root = join(inject('packedProject'), 'node_modules/skein')
const files = inject('packedFiles')

/** Every path that the manifest points to, however deep in its conditions. */
const targets = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(targets) : []
}

describe('the packed package', () => {
  it('holds the build, the licence and what npm always adds, and nothing else', () => {
    const others = files.filter((path) => !/^(dist\/|LICENSE$|README\.md$|CHANGELOG\.md$|package\.json$)/.test(path))
    expect(others).toEqual([])
    expect(files).toContain('LICENSE')
  })

  it('has every file that its manifest names', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
    const named = targets([
      manifest['exports'],
      manifest['bin'],
      manifest['types'],
      manifest['unpkg'],
      manifest['jsdelivr'],
    ])
    expect(named.length).toBeGreaterThan(5)
    for (const path of named) expect((await stat(join(root, path))).isFile(), path).toBe(true)
  })

  it('has a source map with its sources beside every script', async () => {
    let maps = 0
    for (const path of files.filter((file) => file.endsWith('.js'))) {
      const text = await readFile(join(root, path), 'utf8')
      // What only re-exports, or holds the bundler's few helpers, has no source.
      if (text.length < 2048) continue
      const map = JSON.parse(await readFile(join(root, `${path}.map`), 'utf8')) as { sourcesContent?: unknown[] }
      expect(
        map.sourcesContent?.every((source) => typeof source === 'string'),
        path,
      ).toBe(true)
      maps++
    }
    expect(maps).toBeGreaterThan(4)
  })

  it('names no import of the sources in what it ships', async () => {
    for (const path of files.filter((file) => /\.(js|d\.ts)$/.test(file))) {
      expect(await readFile(join(root, path), 'utf8'), path).not.toMatch(/['"]#platform['"]/)
    }
  })

  it('imports the heavy parts only when called', async () => {
    const text = await readFile(join(root, 'dist/node/index.js'), 'utf8')
    expect(text).not.toMatch(/^import .*["'](libsodium|simple-peer|@noble\/hashes|@roamhq\/wrtc|ws["'])/m)
    expect(text).toContain('SkeinError')
  })
})
