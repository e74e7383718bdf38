import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { platform } from '#platform'
import { Identity, WebGroup } from '../../../sdk/group/index.js'
import { keysOf } from '../../../sdk/group/identity.js'
import { setup, waitUntil } from './setup.js'

const code = (value: string) => expect.objectContaining({ name: 'SkeinError', code: value }) as unknown

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skein-identity-'))
  vi.stubEnv('SKEIN_HOME', home)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    await rm(home, { recursive: true, force: true })
  })
})

const identityFile = (file: string) => join(home, 'identities', file)

describe('Identity', () => {
  it('is another each time, with an id of 43 characters', async () => {
    const identities = await Promise.all([Identity.create(), Identity.create()])
    for (const { id } of identities) expect(id).toMatch(/^[\w-]{43}$/)
    expect(identities[0].id).not.toBe(identities[1].id)
  })

  it('shows its id and nothing of its secret', async () => {
    const identity = await Identity.create()
    const { secretKey } = keysOf(identity)
    const seed = Buffer.from(secretKey.subarray(0, 32))
    expect(JSON.parse(JSON.stringify(identity))).toEqual({ id: identity.id })
    expect(Reflect.ownKeys(identity)).toEqual(['id'])
    expect(structuredClone(identity)).toEqual({ id: identity.id })
    const shown = inspect(new WebGroup({ identity }), { showHidden: true, depth: 9 }) + inspect(identity, true, 9)
    const forms = [seed.toString('hex'), seed.toString('base64url').slice(0, 40), [...seed].join(', ')]
    for (const form of forms) expect(shown).not.toContain(form)
  })

  it('cannot be changed, nor made by hand', async () => {
    const identity = await Identity.create()
    expect(Object.isFrozen(identity)).toBe(true)
    const Anyone = Identity as unknown as new (...args: unknown[]) => Identity
    expect(() => new Anyone()).toThrow(TypeError)
    expect(() => new Anyone(Symbol('made here'), keysOf(identity))).toThrow(TypeError)
    expect(() => keysOf({ id: identity.id })).toThrow(TypeError)
    expect(() => new WebGroup({ identity: structuredClone(identity) })).toThrow(TypeError)
    expect(() => new WebGroup({ identity: Object.create(identity) as Identity })).toThrow(TypeError)
  })

  it('comes back from its export, with a passphrase and without', async () => {
    const identity = await Identity.create()
    const plain = await identity.export()
    const sealed = await identity.export('a long passphrase')
    expect([plain, sealed]).toEqual([expect.stringMatching(/^skid1_/), expect.stringMatching(/^skid1_/)])
    expect(keysOf(await Identity.import(plain))).toEqual(keysOf(identity))
    expect(keysOf(await Identity.import(plain, 'not needed'))).toEqual(keysOf(identity))
    expect(keysOf(await Identity.import(sealed, 'a long passphrase'))).toEqual(keysOf(identity))
    await expect(Identity.import(sealed, 'another')).rejects.toEqual(code('passphrase-wrong'))
    await expect(Identity.import(sealed)).rejects.toEqual(code('passphrase-wrong'))
    await expect(Identity.import(plain.slice(0, -1))).rejects.toThrow(RangeError)
  })

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [7, TypeError],
    [null, TypeError],
    ['', RangeError],
    ['x'.repeat(513), RangeError],
  ])('throws at the call for the passphrase or the text %o', async (value, errorClass) => {
    const identity = await Identity.create()
    expect(() => identity.export(value as string)).toThrow(errorClass)
    expect(() => Identity.import('skid1_', value as string)).toThrow(errorClass)
    expect(() => Identity.import(value as string)).toThrow(errorClass)
  })
})

describe('Identity.load', () => {
  it('gives the same identity each time, and another one for another name', async () => {
    const [first, second] = [await Identity.load('ada'), await Identity.load('ada')]
    expect(keysOf(second)).toEqual(keysOf(first))
    expect((await Identity.load('bob')).id).not.toBe(first.id)
    expect((await Identity.load('Ada')).id).not.toBe(first.id)
  })

  it('gives one identity to all that load a new name at once', async () => {
    const loaded = await Promise.all(Array.from({ length: 12 }, () => Identity.load('ada')))
    expect(new Set(loaded.map(({ id }) => id)).size).toBe(1)
  })

  it('gives one identity to several processes that load a new name at once', async () => {
    const script = `const { Identity } = await import('./sdk/index.ts'); console.log((await Identity.load('ada')).id)`
    const run = () =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
        let out = ''
        child.stdout.on('data', (data) => (out += String(data)))
        child.stderr.on('data', (data) => (out += String(data)))
        child.on('close', () => resolve(out))
      })
    const ids = await Promise.all([run(), run(), run()])
    const { id } = await Identity.load('ada')
    expect(ids).toEqual([`${id}\n`, `${id}\n`, `${id}\n`])
  })

  it('takes names that Unicode holds to be the same for one', async () => {
    expect((await Identity.load('caf\u00e9')).id).toBe((await Identity.load('cafe\u0301')).id)
  })

  it('keeps any name inside of its folder', async () => {
    const names = ['../ada', '/etc/passwd', '..', '.', 'a\\b', 'a/../../b', 'a\0b', '%2e%2e', '\u{1f600}'.repeat(32)]
    const ids = await Promise.all(names.map(async (name) => (await Identity.load(name)).id))
    expect(new Set(ids).size).toBe(names.length)
    expect(await readdir(home)).toEqual(['identities'])
    expect(await readdir(join(home, 'identities'))).toHaveLength(names.length)
  })

  it.skipIf(process.platform === 'win32')('keeps it where its owner alone can read it', async () => {
    await Identity.load('ada')
    const modes = [home, join(home, 'identities'), identityFile('ada')].map(
      async (path) => (await stat(path)).mode & 0o777,
    )
    expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o600])
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, -3)],
    ['empty', () => ''],
    ['something else', () => 'hello'],
    ['changed', (text: string) => text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
  ])('rejects storage-failed for a file that is %s, and leaves it as it is', async (_, damage) => {
    await Identity.load('ada')
    const damaged = damage(await readFile(identityFile('ada'), 'utf8'))
    await writeFile(identityFile('ada'), damaged)
    await expect(Identity.load('ada')).rejects.toEqual(code('storage-failed'))
    expect(await readFile(identityFile('ada'), 'utf8')).toBe(damaged)
  })

  it('rejects storage-failed where nothing can be kept', async () => {
    vi.stubEnv('SKEIN_HOME', '/dev/null')
    await expect(Identity.load('ada')).rejects.toEqual(code('storage-failed'))
    vi.spyOn(platform, 'loadSecrets').mockResolvedValue(null)
    await expect(Identity.load('ada')).rejects.toEqual(code('storage-failed'))
  })

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [7, TypeError],
    [undefined, TypeError],
    ['', RangeError],
    ['x'.repeat(65), RangeError],
    ['\ud800', RangeError],
  ])('throws at the call for the name %o', (name, errorClass) => {
    expect(() => Identity.load(name as string)).toThrow(errorClass)
  })
})

describe('a group with an identity', () => {
  it('shows it to the others in every join, and joins with a fresh one when it has none', async () => {
    const { createGroup } = await setup()
    const identity = await Identity.create()
    const [ada, bob] = [createGroup({ identity }), createGroup()]
    await ada.join()
    await bob.join(ada.key)
    expect(bob.peers.map((peer) => peer.identity)).toEqual([identity.id])
    const key = bob.key
    const [first] = ada.peers
    await Promise.all([ada.leave(), bob.leave()])
    await bob.join(key)
    await ada.join(key)
    await waitUntil(bob, () => bob.peers.length === 1)
    expect(bob.peers.map((peer) => peer.identity)).toEqual([identity.id])
    expect(ada.peers[0]?.identity).not.toBe(first?.identity)
  })
})
