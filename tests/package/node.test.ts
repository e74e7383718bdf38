import { describe, expect, it } from 'vitest'
import { runNode, writeConsumer } from './consumer.js'

const exported = [
  'Identity',
  'RequestError',
  'SkeinError',
  'WebGroup',
  'WebGroupState',
  'allowList',
  'anonymous',
  'configure',
  'listDevices',
  'onDevices',
  'openCamera',
  'openScreen',
  'saveToDisk',
  'sharedSecret',
  'webRTC',
  'webSocket',
]

describe('the packed package in Node', () => {
  it('is imported', async () => {
    const folder = await writeConsumer({
      'main.mjs': `import * as skein from 'skein'
        import { createSignaling } from 'skein/signaling'
        console.log(JSON.stringify({ names: Object.keys(skein), signaling: typeof createSignaling }))`,
    })
    const { code, stdout, stderr } = await runNode(folder, ['main.mjs'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { names, signaling } = JSON.parse(stdout) as { names: string[]; signaling: string }
    expect(names.filter((name) => name !== 'module.exports').sort()).toEqual(exported)
    expect(signaling).toBe('function')
  })

  it('is required', async () => {
    const folder = await writeConsumer({
      'main.cjs': `const skein = require('skein')
        const { createSignaling } = require('skein/signaling')
        console.log(JSON.stringify({ names: Object.keys(skein), signaling: typeof createSignaling }))`,
    })
    const { code, stdout, stderr } = await runNode(folder, ['main.cjs'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { names, signaling } = JSON.parse(stdout) as { names: string[]; signaling: string }
    expect(names.filter((name) => name !== 'module.exports').sort()).toEqual(exported)
    expect(signaling).toBe('function')
  })

  it('gives the same classes to import and to require', async () => {
    const folder = await writeConsumer({
      'main.cjs': `import('skein').then((skein) => console.log(skein.SkeinError === require('skein').SkeinError))`,
    })
    expect((await runNode(folder, ['main.cjs'])).stdout.trim()).toBe('true')
  })

  it('tells what it does on stderr with DEBUG, and nothing without', async () => {
    const folder = await writeConsumer({
      'main.mjs': `import { WebGroup } from 'skein'
        import { createSignaling } from 'skein/signaling'
        const server = await createSignaling({ port: 0 }).listen()
        const group = new WebGroup({ signaling: server.url })
        await group.join('a key that nobody is to see')
        await group.leave()
        await server.close()`,
    })
    const told = await runNode(folder, ['main.mjs'], { DEBUG: 'skein:group,skein:signaling' })
    expect([told.code, told.stdout]).toEqual([0, ''])
    expect(told.stderr).toContain('skein:group #1 state:change previous=left next=joining')
    expect(told.stderr).toContain('skein:signaling #1 socket:open')
    expect(told.stderr).not.toMatch(/skein:mesh|nobody is to see/)
    expect(await runNode(folder, ['main.mjs'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('runs its signaling command', async () => {
    const folder = await writeConsumer({})
    const { code, stdout } = await runNode(folder, ['../node_modules/.bin/skein-signaling', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--port')
  })
})
