import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileNameOf, secrets } from '../../sdk/platform/secrets.node.js'
import { describeSecrets } from './secrets.js'

const createHome = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-secrets-'))
  const home = join(folder, 'home')
  vi.stubEnv('SKEIN_HOME', home)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true, force: true })
  })
  return home
}

describeSecrets('files', async () => {
  await createHome()
  return () => Promise.resolve(secrets)
})

describe('secrets in files', () => {
  it('leave no trace before the first is added', async () => {
    const home = await createHome()
    await secrets.get('identities', 'ada')
    await secrets.all('verified')
    await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.skipIf(process.platform === 'win32')('are for their owner alone', async () => {
    const home = await createHome()
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    await secrets.add('identities', 'ada', 'secret')
    const modes = ['', 'identities', 'identities/ada'].map(async (path) => (await stat(join(home, path))).mode & 0o777)
    expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o600])
  })

  it('leave nothing beside what was added, also when many add at once', async () => {
    const home = await createHome()
    await Promise.all(Array.from({ length: 8 }, (_, index) => secrets.add('identities', 'ada', `${index}`)))
    expect(await readdir(join(home, 'identities'))).toEqual(['ada'])
  })

  it('cannot be kept, and say so, where something else is in the way', async () => {
    const home = await createHome()
    vi.stubEnv('SKEIN_HOME', '/dev/null/home')
    await expect(secrets.add('identities', 'ada', 'one')).rejects.toThrow()
    vi.stubEnv('SKEIN_HOME', home)
    await secrets.add('identities', 'ada', 'one')
    vi.stubEnv('SKEIN_HOME', join(home, 'identities', 'ada'))
    await expect(secrets.get('identities', 'ada')).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

describe('fileNameOf', () => {
  it('gives what every file system takes, and no two of which differ by case alone', () => {
    const names = ['a', 'A', '..', '../../etc/passwd', 'con', 'nul.txt', 'a\0', '\u{1f600}'.repeat(64), '.hidden']
    const files = names.map(fileNameOf)
    for (const file of files) expect(file).toMatch(/^(?!(con|nul)$)[a-z0-9_%-]{1,128}$/)
    expect(new Set(files).size).toBe(names.length)
  })
})
