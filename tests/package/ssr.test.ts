import { describe, expect, it } from 'vitest'
import { runNode, writeConsumer } from './consumer.js'

/** Importing must do nothing: the probe puts a trap on what a browser has, and compares what Node can see of itself. */
const probe = `
const touched = []
const traps = ['window', 'document', 'navigator', 'self', 'location', 'localStorage', 'indexedDB', 'RTCPeerConnection', 'WebSocket']
for (const name of traps) Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) })
const timers = ['setTimeout', 'setInterval', 'setImmediate', 'fetch']
for (const name of timers) {
  const real = globalThis[name]
  globalThis[name] = (...args) => (touched.push(name), real(...args))
}
const globals = new Set(Reflect.ownKeys(globalThis))
const handles = process.getActiveResourcesInfo().sort()
const listeners = process.eventNames().length

const skein = await import('skein')

console.log(JSON.stringify({
  names: Object.keys(skein).length > 0,
  touched,
  globals: Reflect.ownKeys(globalThis).filter((key) => !globals.has(key)).map(String),
  handles: process.getActiveResourcesInfo().sort().join() === handles.join(),
  listeners: process.eventNames().length - listeners,
}))
`

const nothing = { names: true, touched: [], globals: [], handles: true, listeners: 0 }

describe('importing the packed package where there is no page', () => {
  it.each([
    { build: 'Node', flags: [] },
    { build: 'browser', flags: ['--conditions=browser'] },
  ])('touches nothing and leaves nothing behind: the $build build', async ({ flags }) => {
    const folder = await writeConsumer({ 'probe.mjs': probe })
    const { code, stdout, stderr } = await runNode(folder, [...flags, 'probe.mjs'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual(nothing)
  })
})
