import { beforeEach, describe, expect, it, vi } from 'vitest'

const loaded: string[] = []
let readiness: (() => Promise<void>)[] = []

vi.mock('libsodium-wrappers', () => {
  loaded.push('libsodium-wrappers')
  const sodium = {
    get ready() {
      return readiness.shift()?.() ?? Promise.resolve()
    },
  }
  return { default: sodium }
})

vi.mock('@noble/hashes/scrypt.js', () => {
  loaded.push('@noble/hashes')
  return { scryptAsync: () => Promise.resolve(new Uint8Array(32)) }
})

const importRoom = () => import('../../../sdk/crypto/index.js')

beforeEach(() => {
  vi.resetModules()
  loaded.length = 0
  readiness = []
})

describe('importing the room', () => {
  it('loads neither libsodium nor scrypt', async () => {
    await importRoom()
    expect(loaded).toEqual([])
  })
})

describe('loadSodium', () => {
  it('loads once for all callers', async () => {
    const { loadSodium } = await importRoom()
    const [a, b] = await Promise.all([loadSodium(), loadSodium()])
    expect(await loadSodium()).toBe(a)
    expect(b).toBe(a)
    expect(loaded).toEqual(['libsodium-wrappers'])
  })

  it('fails for all who wait, and tries again for the next', async () => {
    readiness = [() => Promise.reject(new Error('no WebAssembly'))]
    const { loadSodium } = await importRoom()
    const outcomes = await Promise.allSettled([loadSodium(), loadSodium()])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(loadSodium()).resolves.toBeDefined()
  })
})

describe('groupSecretOf', () => {
  it('loads scrypt for a typed key alone', async () => {
    const { generateGroupKey, groupSecretOf, parseGroupKey } = await importRoom()
    await groupSecretOf(parseGroupKey(generateGroupKey((size) => new Uint8Array(size))))
    expect(loaded).toEqual([])
    await groupSecretOf(parseGroupKey('typed'))
    expect(loaded).toEqual(['@noble/hashes'])
  })
})
