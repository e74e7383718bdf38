import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { platform } from '#platform'
import { Identity, type WebGroup } from '../../../sdk/group/index.js'
import { nextEvent, record, setup, waitUntil } from './setup.js'

const code = (value: string) => expect.objectContaining({ name: 'SkeinError', code: value }) as unknown

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skein-verified-'))
  vi.stubEnv('SKEIN_HOME', home)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    await rm(home, { recursive: true, force: true })
  })
})

const setupVerifier = async () => {
  const { createGroup } = await setup()
  const ada = createGroup({ profile: { name: 'Ada' } })
  await ada.join()
  /** A member of this name that Ada sees; what she was told of it comes after this. */
  const join = async (name: unknown, identity?: Identity): Promise<WebGroup> => {
    const group = createGroup({ identity, profile: { name } })
    await group.join(ada.key)
    await waitUntil(ada, () => ada.members.includes(group.myId))
    return group
  }
  const shown = (group: WebGroup) => ada.peers.find(({ id }) => id === group.myId)?.verified
  return { ada, join, shown, createGroup }
}

describe('WebGroup.verify', () => {
  it('shows the member as verified from then on, also in later joins and other groups', async () => {
    const { ada, join, shown, createGroup } = await setupVerifier()
    const identity = await Identity.create()
    const bob = await join('Bob', identity)
    expect(shown(bob)).toBe(false)
    const before = ada.peers[0]
    const updated = nextEvent(ada, 'member:update')
    await ada.verify(bob.myId)
    expect(await updated).toEqual({ id: bob.myId, peer: ada.peers[0] })
    expect(ada.peers[0]).toEqual({ ...before, verified: true })
    expect(Object.isFrozen(ada.peers[0])).toBe(true)
    await bob.leave()
    expect(shown(await join('Bob', identity))).toBe(true)
    const carol = createGroup()
    await carol.join(ada.key)
    await waitUntil(carol, () => carol.members.length === 3)
    await vi.waitFor(() => expect(carol.peers.find((peer) => peer.identity === identity.id)?.verified).toBe(true))
  })

  it('tells nothing twice, and makes no new snapshot when nothing is new', async () => {
    const { ada, join } = await setupVerifier()
    const bob = await join('Bob')
    await ada.verify(bob.myId)
    const [peer] = ada.peers
    const log = record(ada, ['member:update', 'identity:change', 'error'])
    await ada.verify(bob.myId)
    expect(ada.peers[0]).toBe(peer)
    expect(log).toEqual([])
  })

  it('rejects what is not to be verified', async () => {
    const { ada, join, createGroup } = await setupVerifier()
    ada.on('error', () => undefined)
    for (const name of [undefined, '', ' \n', 7, ['Bob']]) {
      const nameless = await join(name)
      await expect(ada.verify(nameless.myId)).rejects.toEqual(code('member-unnamed'))
      await nameless.leave()
    }
    await expect(ada.verify(ada.myId)).rejects.toEqual(code('member-unknown'))
    await expect(ada.verify('nobody')).rejects.toEqual(code('member-unknown'))
    const group = createGroup()
    group.on('error', () => undefined)
    await expect(group.verify('nobody')).rejects.toEqual(code('not-joined'))
    expect(() => group.verify(7 as never)).toThrow(TypeError)
    expect(await readdir(home)).toEqual([])
  })

  it('rejects storage-failed where nothing can be kept, and all else works', async () => {
    vi.spyOn(platform, 'loadSecrets').mockResolvedValue(null)
    const { ada, join, shown } = await setupVerifier()
    const errors = record(ada, ['error'])
    const bob = await join('Bob')
    await expect(ada.verify(bob.myId)).rejects.toEqual(code('storage-failed'))
    expect(errors).toHaveLength(1)
    expect(shown(bob)).toBe(false)
    expect(await ada.safetyNumber(bob.myId)).toMatch(/^[\d ]{71}$/)
    const heard = nextEvent(bob, 'message')
    await ada.send('hello')
    expect(await heard).toMatchObject({ data: 'hello' })
  })

  it('keeps what it knows where its owner alone can read it, and nothing before', async () => {
    const { ada, join: joinGroup } = await setupVerifier()
    const bob = await joinGroup('../../Bob')
    await expect(stat(join(home, 'verified'))).rejects.toMatchObject({ code: 'ENOENT' })
    await ada.verify(bob.myId)
    expect(await readdir(home)).toEqual(['verified'])
    const [file = '', ...more] = await readdir(join(home, 'verified'))
    expect(more).toEqual([])
    expect((await stat(join(home, 'verified', file))).mode & 0o777).toBe(0o600)
  })

  it('rejects storage-failed, and leaves it as it is, when what is kept of the same already is damaged', async () => {
    const { ada, join: joinGroup } = await setupVerifier()
    ada.on('error', () => undefined)
    const bob = await joinGroup('Bob')
    await ada.verify(bob.myId)
    const [file = ''] = await readdir(join(home, 'verified'))
    await writeFile(join(home, 'verified', file), 'damaged')
    await expect(ada.verify(bob.myId)).rejects.toEqual(code('storage-failed'))
    expect(await readFile(join(home, 'verified', file), 'utf8')).toBe('damaged')
  })

  it('tells of what is kept and damaged, and knows the rest', async () => {
    const { ada, join: joinGroup, createGroup } = await setupVerifier()
    const identity = await Identity.create()
    const bob = await joinGroup('Bob', identity)
    await ada.verify(bob.myId)
    for (const [index, text] of ['', '{}', '{"identity":"x","name":"Bob"}', 'null'].entries()) {
      await writeFile(join(home, 'verified', `damaged-${index}`), text)
    }
    const carol = createGroup()
    const failed = nextEvent(carol, 'error')
    await carol.join(ada.key)
    expect((await failed).error).toEqual(code('storage-failed'))
    await waitUntil(carol, () => carol.members.length === 3)
    expect(carol.peers.find((peer) => peer.identity === identity.id)?.verified).toBe(true)
  })
})

describe('identity:change', () => {
  it('fires when another identity goes by a verified name, after its member:join, once', async () => {
    const { ada, join, shown } = await setupVerifier()
    const bob = await join('Bob')
    const previous = ada.peers[0]?.identity
    await ada.verify(bob.myId)
    await bob.leave()
    const log = record(ada, ['member:join', 'identity:change'])
    const other = await join(' Bob ')
    expect(log.map(({ name }) => name)).toEqual(['member:join', 'identity:change'])
    expect(log[1]?.event).toEqual({ id: other.myId, peer: ada.peers[0], name: 'Bob', previous })
    expect(shown(other)).toBe(false)
    await ada.verify((await join('Carol')).myId)
    expect(log.filter(({ name }) => name === 'identity:change')).toHaveLength(1)
  })

  it('fires for one that is here already when its name is verified for another', async () => {
    const { ada, join } = await setupVerifier()
    const [bob, other] = [await join('Bob'), await join('Bob')]
    const log = record(ada, ['member:update', 'identity:change'])
    await ada.verify(bob.myId)
    expect(log.map(({ name, event }) => [name, (event as { id: string }).id])).toEqual([
      ['member:update', bob.myId],
      ['identity:change', other.myId],
    ])
    await ada.verify(other.myId)
    expect(log.slice(2).map(({ name, event }) => [name, (event as { id: string }).id])).toEqual([
      ['member:update', other.myId],
    ])
    expect(ada.peers.map(({ verified }) => verified)).toEqual([true, true])
  })

  it('fires, and the mark is gone, when somebody verified goes by the name of somebody else who is', async () => {
    const { ada, join, shown } = await setupVerifier()
    const mallory = await Identity.create()
    const [bob, former] = [await join('Bob'), await join('Mallory', mallory)]
    await ada.verify(bob.myId)
    await ada.verify(former.myId)
    await Promise.all([bob.leave(), former.leave()])
    const changed = nextEvent(ada, 'identity:change')
    const posing = await join('Bob', mallory)
    expect(await changed).toMatchObject({ id: posing.myId, name: 'Bob' })
    expect(shown(posing)).toBe(false)
    await posing.leave()
    expect(shown(await join('Mal', mallory))).toBe(true)
  })

  it('does not fire for names that nobody verified, nor for the same identity', async () => {
    const { ada, join } = await setupVerifier()
    const identity = await Identity.create()
    const log = record(ada, ['identity:change'])
    const bob = await join('Bob', identity)
    const another = await join('Bob')
    await another.leave()
    await ada.verify(bob.myId)
    await bob.leave()
    for (const name of ['Bob', 'Robert', undefined]) await (await join(name, identity)).leave()
    await (await join('bob')).leave()
    expect(log).toEqual([])
  })

  it('fires for those found on joining, however late it is known who was verified', async () => {
    const { ada, join, createGroup } = await setupVerifier()
    const bob = await join('Bob')
    await ada.verify(bob.myId)
    await bob.leave()
    const other = await join('Bob')
    const secrets = await platform.loadSecrets()
    let know: () => void = () => undefined
    const knowing = new Promise<void>((resolve) => (know = resolve))
    vi.spyOn(platform, 'loadSecrets').mockImplementation(async () => {
      await knowing
      return secrets
    })
    const carol = createGroup()
    const log = record(carol, ['identity:change'])
    await carol.join(ada.key)
    await waitUntil(carol, () => carol.members.length === 3)
    expect(log).toEqual([])
    know()
    await vi.waitFor(() => expect(log).toHaveLength(1))
    expect(log[0]?.event).toMatchObject({ id: other.myId, name: 'Bob' })
  })

  it('is told no more once a listener of an event before it has left the group', async () => {
    const { ada, join } = await setupVerifier()
    const bob = await join('Bob')
    await join('Bob')
    const log = record(ada, ['identity:change'])
    ada.on('member:update', () => ada.leave())
    await ada.verify(bob.myId)
    await ada.leave()
    expect(log).toEqual([])
  })
})

describe('WebGroup.safetyNumber', () => {
  it('is the same at both ends, and another with anybody else', async () => {
    const { ada, join } = await setupVerifier()
    const [bob, carol] = [await join('Bob'), await join('Carol')]
    await waitUntil(bob, () => bob.members.length === 3)
    const number = await ada.safetyNumber(bob.myId)
    expect(number).toMatch(/^\d{5}( \d{5}){11}$/)
    expect(await bob.safetyNumber(ada.myId)).toBe(number)
    expect(await ada.safetyNumber(carol.myId)).not.toBe(number)
    expect(await bob.safetyNumber(carol.myId)).not.toBe(number)
  })

  it('rejects for who is no other member', async () => {
    const { ada, createGroup } = await setupVerifier()
    ada.on('error', () => undefined)
    await expect(ada.safetyNumber(ada.myId)).rejects.toEqual(code('member-unknown'))
    const group = createGroup()
    group.on('error', () => undefined)
    await expect(group.safetyNumber('nobody')).rejects.toEqual(code('not-joined'))
    expect(() => group.safetyNumber(null as never)).toThrow(TypeError)
  })
})
