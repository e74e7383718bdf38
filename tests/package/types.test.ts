import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runNode, writeConsumer } from './consumer.js'

const tsc = resolve('node_modules/typescript/bin/tsc')

const typeCheck = async (source: string, options: Record<string, unknown>): Promise<string> => {
  const folder = await writeConsumer({
    'main.ts': source,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022', 'DOM'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipLibCheck: false,
        ...options,
      },
      files: ['main.ts'],
    }),
  })
  const { code, stdout } = await runNode(folder, [tsc, '-p', '.'])
  return code === 0 ? 'fits' : stdout
}

const page = `
import { SkeinError, WebGroup, type SkeinErrorCode } from 'skein'

const group = new WebGroup({ signaling: 'wss://signal.example.org' })
const off: () => void = group.on('message', ({ from, data, to }) => {
  const text: string = typeof data === 'string' ? data : new TextDecoder().decode(data)
  console.log(from.length, text, to === 'all')
})
export const talk = async (): Promise<SkeinErrorCode | null> => {
  try {
    await group.join(WebGroup.generateKey())
    await group.send('hello')
    for (const id of group.members) if (id !== group.myId) await group.sendTo(id, new Uint8Array([1]))
    off()
    await group.leave()
    return null
  } catch (error) {
    return error instanceof SkeinError ? error.code : null
  }
}
`

const server = `
import { createSignaling } from 'skein/signaling'

const signaling = createSignaling({ port: 0 })
export const started: Promise<string> = signaling.listen().then(({ url }) => url)
`

describe('the declarations of the packed package', () => {
  it.each([
    { name: 'NodeNext', options: { module: 'NodeNext', moduleResolution: 'NodeNext' } },
    { name: 'a bundler', options: { module: 'ESNext', moduleResolution: 'bundler' } },
  ])('type-check in a page, libraries included, resolved as by $name', async ({ options }) => {
    expect(await typeCheck(page, options)).toBe('fits')
  })

  it('type-check in a server', async () => {
    const options = {
      module: 'NodeNext',
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
      // Those of hono and of its dependencies are theirs to keep right.
      skipLibCheck: true,
    }
    expect(await typeCheck(server, options)).toBe('fits')
  })

  it('refuse what is wrong', async () => {
    const wrong = `import { WebGroup } from 'skein'\nnew WebGroup({ signaling: 42 })`
    const complaint = await typeCheck(wrong, { module: 'ESNext', moduleResolution: 'bundler' })
    expect(complaint).toMatch(/main\.ts.+error TS2322/)
  })
})
