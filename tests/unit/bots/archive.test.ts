import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createArchiveBot, type ArchiveBotOptions } from '../../../bots/index.js'
import { deviceStorage, memoryStorage, SDK, type Log, type LogStorage } from '../../../sdk/log/index.js'
import type { WebGroup } from '../../../sdk/index.js'
import { listen } from '../../support/socket-servers.js'
import { nextEvent } from '../group/setup.js'
import { collect, texts } from '../log/setup.js'
import { startCommand } from './command.js'
import { code, createWebServer, setupBots } from './setup.js'

const createFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-archive-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const sdkFor = (group: WebGroup, storage: LogStorage = memoryStorage()): SDK => {
  const sdk = new SDK({ group, storage })
  onTestFinished(() => sdk.close())
  return sdk
}

const open = (sdk: SDK, address: string | null = null, listed = true): Log<'utf-8'> =>
  new sdk.Log(address, { valueEncoding: 'utf-8', listed })

/** What others list, once it is so many. */
const untilListed = async (sdk: SDK, count: number): Promise<readonly string[]> => {
  await vi.waitFor(() => expect(sdk.list()).toHaveLength(count), { timeout: 15_000 })
  return sdk.list()
}

const readAll = async (sdk: SDK, url: string, length: number): Promise<string[]> => {
  const log = open(sdk, url, false)
  await vi.waitFor(async () => expect(await log.has(0, length)).toBe(true), { timeout: 15_000 })
  return collect(log.createReadStream())
}

const setup = async (options: Partial<ArchiveBotOptions> = {}) => {
  const world = await setupBots()
  const dir = options.dir ?? (await createFolder())
  const server = createWebServer()
  const url = await listen(server)
  const errors: unknown[] = []
  const bot = createArchiveBot({ server, ...options, dir })
  bot.onError = (error) => errors.push(error)
  onTestFinished(() => bot.close())
  return { ...world, dir, url, bot, errors }
}

describe('the archive bot', () => {
  it('keeps all logs of a store whose default log is listed', async () => {
    const { join: joinGroup, url, errors } = await setup({ webGroupOptions: { lingerMs: 5_000 } })
    const ada = await joinGroup()
    const groupKey = ada.key
    const sdk = sdkFor(ada)
    const store = new sdk.Store()
    const main = store.default(null, { listed: true })
    await main.append(Uint8Array.of(1))
    await ada.invite(url)
    await store.namespace('diary').get('today', { valueEncoding: 'utf-8' }).append(texts(70), { storedBy: 1 })
    await vi.waitFor(() => expect(main.peers()).toHaveLength(1))
    await ada.leave()
    const bob = await joinGroup(groupKey)
    await bob.invite(url)
    const other = new (sdkFor(bob).Store)(store.url)
    const log = other.namespace('diary').get('today', { valueEncoding: 'utf-8' })
    await vi.waitFor(async () => expect(await log.has(0, 70)).toBe(true), { timeout: 15_000 })
    expect([await collect(log.createReadStream()), errors]).toEqual([texts(70), []])
    await other.close()
  })

  it('keeps what is listed, tells so, and gives it to who comes when everybody has left', async () => {
    const { join: joinGroup, url, bot, errors, dir } = await setup({ webGroupOptions: { lingerMs: 5_000 } })
    const ada = await joinGroup()
    const [groupKey, groupId] = [ada.key, ada.id]
    const sdk = sdkFor(ada)
    const [early, hidden] = [open(sdk), open(sdk, null, false)]
    await early.append(texts(100))
    await hidden.append('for nobody')
    const id = await ada.invite(url)
    expect(ada.peers[0]).toMatchObject({ bot: true, profile: { name: 'Archive' } })
    await early.append('more', { storedBy: 1 })
    expect(early.receipts.at(-1)?.id).toBe(id)
    const late = open(sdk)
    await late.append(texts(70), { storedBy: 1 })
    expect([...(await untilListed(sdk, 2))].sort()).toEqual([early.url, late.url].sort())
    expect(await readdir(dir)).toEqual([groupId])
    await ada.leave()
    // Alone it goes, and closes what it has.
    await vi.waitFor(() => expect(bot.groups).toEqual([]), { timeout: 15_000 })
    const bob = await joinGroup(groupKey)
    await bob.invite(url)
    const reader = sdkFor(bob)
    expect([...(await untilListed(reader, 2))].sort()).toEqual([early.url, late.url].sort())
    expect(await readAll(reader, early.url, 101)).toEqual([...texts(100), 'more'])
    expect(await readAll(reader, late.url, 70)).toEqual(texts(70))
    await bot.close()
    expect(errors).toEqual([])
  })

  it('keeps each group apart', async () => {
    const { join: joinGroup, url, dir, errors } = await setup()
    const groups = [await joinGroup(), await joinGroup()] as const
    const sdks = groups.map((group) => sdkFor(group))
    for (const [at, group] of groups.entries()) {
      await group.invite(url)
      await open(sdks[at] as SDK).append(`of group ${at}`, { storedBy: 1 })
    }
    expect(new Set(await readdir(dir))).toEqual(new Set(groups.map(({ id }) => id)))
    for (const sdk of sdks) expect(await untilListed(sdk, 1)).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('tells of a log whose writer has signed two histories, and keeps the others', async () => {
    const { join: joinGroup, url, errors } = await setup()
    const [ada, twin] = [await joinGroup(), await joinGroup()]
    const folders = [join(await createFolder(), 'one'), join(await createFolder(), 'two')] as const
    const before = sdkFor(ada, deviceStorage(folders[0]))
    const first = open(before, 'diary')
    await first.append('the same')
    await first.close()
    before.close()
    await cp(folders[0], folders[1], { recursive: true })
    await ada.leave()
    await ada.join(twin.key)
    const [one, two] = [sdkFor(ada, deviceStorage(folders[0])), sdkFor(twin, deviceStorage(folders[1]))]
    await twin.invite(url)
    const [diary, sound] = [open(one, 'diary'), open(one)]
    await diary.append('then this', { storedBy: 1 })
    const other = open(two, 'diary')
    await other.append('or that')
    await vi.waitFor(() => expect(errors).toContainEqual(code('log-forked', diary.id)), { timeout: 15_000 })
    await sound.append('goes on', { storedBy: 1 })
    expect(JSON.stringify(errors.map(String))).not.toContain(diary.url)
  })

  it('tells of a folder that cannot be used, and keeps the other groups', async () => {
    const { join: joinGroup, url, errors, dir } = await setup()
    const [ada, bob] = [await joinGroup(), await joinGroup()]
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, ada.id), 'no folder')
    await open(sdkFor(ada)).append('nowhere to go')
    await ada.invite(url)
    await vi.waitFor(() => expect(errors).toEqual([code('storage-failed', 'cannot be kept')]), { timeout: 15_000 })
    await bob.invite(url)
    await open(sdkFor(bob)).append('fine', { storedBy: 1 })
    expect(ada.peers).toHaveLength(1)
  })

  it('cannot be made without a folder', () => {
    for (const dir of ['', undefined, 1]) {
      const server = createWebServer()
      expect(() => createArchiveBot({ server, dir: dir as string })).toThrow(TypeError)
      expect(server.listenerCount('upgrade')).toBe(0)
    }
  })
})

describe('skein-bot archive', { timeout: 60_000 }, () => {
  it('has lost nothing that it had told to be stored when it was killed', async () => {
    const { join: joinGroup } = await setupBots()
    const dir = join(await createFolder(), 'made', 'by the bot')
    const args = ['archive', '--port', '0', '--dir', dir]
    const first = startCommand(args)
    const ada = await joinGroup()
    const groupKey = ada.key
    await ada.invite(await first.url())
    const sdk = sdkFor(ada)
    const [log, other] = [open(sdk), open(sdk)]
    for (let round = 0; round < 20; round++) await log.append(texts(50, round * 50), { storedBy: 1 })
    await other.append('the very last', { storedBy: 1 })
    await first.kill()
    await ada.leave()
    expect(first.output.error).toBe('')

    const second = startCommand(args)
    const bob = await joinGroup(groupKey)
    const id = await bob.invite(await second.url())
    const reader = sdkFor(bob)
    expect(new Set(await untilListed(reader, 2))).toEqual(new Set([log.url, other.url]))
    expect(await readAll(reader, log.url, 1_000)).toEqual(texts(1_000))
    expect(await readAll(reader, other.url, 1)).toEqual(['the very last'])
    const left = nextEvent(bob, 'member:leave')
    second.child.kill('SIGTERM')
    expect(await left).toEqual({ id, reason: 'goodbye' })
    expect([await second.exit, second.output.error]).toEqual([0, ''])
  })
})
