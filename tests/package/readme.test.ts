import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runNode, writeConsumer } from './consumer.js'

const readme = await readFile('README.md', 'utf8')

const samples = (language: string): string[] =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) => (name === language ? [text] : []))

/** The scripts of a page, as a module that knows the global of the script tag. */
const moduleOf = (html: string): string => {
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script)
  return `declare const Skein: typeof import('skein')\n${scripts.join('\n')}\nexport {}\n`
}

const named = (texts: readonly string[], prefix: string, extension: string): Record<string, string> =>
  Object.fromEntries(texts.map((text, index) => [`${prefix}-${index + 1}.${extension}`, text]))

const programs = samples('js')

describe('the samples of README.md', () => {
  it('are there', () => {
    expect(samples('ts').length).toBeGreaterThan(0)
    expect(samples('html').length).toBeGreaterThan(0)
    expect(programs.length).toBeGreaterThan(0)
  })

  it('type-check against the declarations of the packed package', async () => {
    const files = {
      ...named(samples('ts'), 'sample', 'ts'),
      ...named(samples('html').map(moduleOf), 'page', 'ts'),
      ...named(programs, 'program', 'js'),
    }
    const folder = await writeConsumer({
      ...files,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          lib: ['ES2022', 'DOM'],
          module: 'NodeNext',
          types: ['node'],
          typeRoots: [resolve('node_modules/@types')],
          strict: true,
          allowJs: true,
          checkJs: true,
          noEmit: true,
          // Those of hono and of its dependencies are theirs to keep right.
          skipLibCheck: true,
        },
        files: Object.keys(files),
      }),
    })
    const { code, stdout } = await runNode(folder, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'])
    expect(code === 0 ? 'fits' : stdout).toBe('fits')
  })

  it.each(programs.map((program, index) => ({ number: index + 1, program })))(
    'in JavaScript run to their end: $number',
    async ({ program }) => {
      const folder = await writeConsumer({ 'main.js': program })
      const { code, stdout, stderr } = await runNode(folder, ['main.js'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).not.toBe('')
    },
  )
})
