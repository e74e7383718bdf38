import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { platform } from '#platform'
import { configure, webRTC, WebGroup, type LogEntry, type Logger } from '../../../sdk/group/index.js'
import { Journal } from '../../../sdk/group/journal.js'
import { createEntry } from '../../../sdk/group/log-entries.js'
import type { LogFields } from '../../../sdk/util/log.js'
import { setup, setupMembers, waitUntil } from './setup.js'

/** Lines that `DEBUG` of this value writes from now on. */
const listenTo = (setting: string): string[] => {
  const lines: string[] = []
  vi.spyOn(platform, 'debugSetting').mockReturnValue(setting)
  vi.spyOn(platform, 'writeDebug').mockImplementation((line) => {
    lines.push(line)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  return lines
}

/** Every line has been written that there will be. */
const loaded = () =>
  import('../../../sdk/group/log-output.js').then(() => new Promise((resolve) => setTimeout(resolve)))

const roomsOf = (lines: readonly string[]): string[] =>
  [...new Set(lines.map((line) => /^skein:(\w+) /.exec(line)?.[1] ?? line))].sort()

describe('DEBUG', () => {
  it('shows how a group comes together, room by room', async () => {
    const lines = listenTo('skein:*')
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    await ada.send('hello', { confirm: true })
    await ada.leave()
    await waitUntil(bob, () => bob.members.length === 1)
    await loaded()
    expect(roomsOf(lines)).toEqual(['group', 'link', 'mesh', 'signaling'])
    const [first] = lines
    expect(first).toMatch(/^skein:group #\d+ state:change previous=left next=joining reason=join \+\d+ms$/)
    for (const event of [
      'server:welcome empty=true introductions=0',
      'server:welcome empty=false introductions=1',
      'introduced member=',
      'setup:begin member=',
      'setup:offered member=',
      'session:confirmed member=',
      'link:open carrier=',
      'link:bound member=',
      'member:join member=',
      'send to=all size=5 confirm=true',
      'message from=',
      'link:close carrier=',
      'member:leave member=',
    ]) {
      expect(
        lines.some((line) => line.includes(` ${event}`)),
        `a line with ${event}`,
      ).toBe(true)
    }
  })

  it('is read as the package debug reads it', async () => {
    const roomsWith = async (setting: string) => {
      const lines = listenTo(setting)
      const { createGroup } = await setup()
      const group = createGroup()
      await group.join()
      await loaded()
      vi.restoreAllMocks()
      return roomsOf(lines)
    }
    expect(await roomsWith('skein:mesh')).toEqual(['mesh'])
    expect(await roomsWith('express:*, skein:mesh skein:group')).toEqual(['group', 'mesh'])
    expect(await roomsWith('*,-skein:mesh')).toEqual(['group', 'signaling'])
    expect(await roomsWith('sk*:sig*')).toEqual(['signaling'])
    expect(await roomsWith('-skein:mesh')).toEqual([])
    expect(await roomsWith('skein')).toEqual([])
  })

  it('is read when a group is made, once', async () => {
    const lines = listenTo('')
    const setting = vi.spyOn(platform, 'debugSetting').mockReturnValue('')
    const { createGroup } = await setup()
    const group = createGroup()
    const asked = setting.mockReturnValue('skein:*').mock.calls.length
    await group.join()
    await loaded()
    expect([lines.length, asked, setting.mock.calls.length]).toEqual([0, 1, 1])
  })

  it('counts the groups of a process, so that two can be told apart', async () => {
    const lines = listenTo('skein:group')
    const { members } = await setupMembers(2)
    await loaded()
    expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(members.length)
  })

  it.each(['', 'express:*', 'socket.io:*,-skein:*', 'my-skein:*'])('set to "%s" costs a group nothing', (setting) => {
    const writes = listenTo(setting)
    const journal = new Journal(null, platform)
    const rooms = ['group', 'signaling', 'mesh', 'link', 'channel', 'transfer'] as const
    expect(rooms.map((room) => journal.logOf(room))).toEqual(rooms.map(() => undefined))
    // What calls a log does so by `?.`, and nothing of the call is evaluated.
    const evaluated = vi.fn(() => ({ member: 'x' }))
    journal.logOf('mesh')?.('debug', 'event', evaluated())
    journal.event('message', { from: 'x', data: 'hello', to: 'all' })
    expect(evaluated).not.toHaveBeenCalled()
    expect([journal.happenings.length, journal.errors.length, writes.length]).toEqual([0, 0, 0])
  })
})

describe('the option logger', () => {
  const collect = () => {
    const entries: LogEntry[] = []
    const logger: Logger = (entry) => {
      entries.push(entry)
    }
    return { entries, logger }
  }

  it('is given entries that are plain, frozen and in order, from the first on', async () => {
    const { createGroup } = await setup()
    const { entries, logger } = collect()
    const group = createGroup({ logger })
    const beforeMs = Date.now()
    await group.join()
    await group.leave()
    await loaded()
    expect(entries[0]).toMatchObject({
      room: 'group',
      level: 'info',
      event: 'state:change',
      previous: 'left',
      next: 'joining',
      reason: 'join',
    })
    expect(entries.at(-1)).toMatchObject({ event: 'state:change', next: 'left' })
    expect(entries.every(Object.isFrozen)).toBe(true)
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries)
    const times = entries.map(({ timeMs }) => timeMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times[0]).toBeGreaterThanOrEqual(beforeMs)
    expect(new Set(entries.map(({ group }) => group)).size).toBe(1)
  })

  it('can be set for all groups, and needs no DEBUG', async () => {
    const { entries, logger } = collect()
    configure({ logger })
    onTestFinished(() => configure({ logger: () => undefined }))
    const lines = listenTo('')
    const { createGroup } = await setup()
    await createGroup().join()
    await loaded()
    expect(entries.length).toBeGreaterThan(5)
    expect(lines).toEqual([])
  })

  it('disturbs nobody when it throws or rejects, and does not keep DEBUG from its lines', async () => {
    const lines = listenTo('skein:*')
    const { members, key, createGroup } = await setupMembers(2, {
      logger: () => {
        throw new Error('disk full')
      },
    })
    const charlie = createGroup({ logger: (() => Promise.reject(new Error('no network'))) as unknown as Logger })
    const errors: unknown[] = []
    for (const group of [...members, charlie]) group.on('error', ({ error }) => errors.push(error))
    await charlie.join(key)
    await waitUntil(charlie, () => charlie.members.length === 3)
    const { delivered } = await members[0].send('hello', { confirm: true })
    expect(delivered.length).toBe(2)
    expect(errors).toEqual([])
    expect(lines.length).toBeGreaterThan(0)
  })

  it('is told of links and members by ids cut short, and why they ended', async () => {
    const { entries, logger } = collect()
    const { members, network } = await setupMembers(2, { logger })
    const [ada, bob] = members
    network.cut(ada.myId, bob.myId)
    await waitUntil(ada, () => ada.neighbors.length === 0)
    const closed = entries.filter(({ event }) => event === 'link:closed')
    expect(closed.map(({ member }) => member)).toContain(`${bob.myId.slice(0, 6)}…`)
    expect(closed[0]).toMatchObject({ room: 'link', level: 'warn' })
    expect(JSON.stringify(entries)).not.toContain(bob.myId)
  })

  it('is told which server did not answer, by its host, and with which code', async () => {
    const { entries, logger } = collect()
    const group = new WebGroup({ signaling: 'ws://localhost:9/path?token=SECRET', logger })
    await expect(group.join()).rejects.toMatchObject({ code: 'signaling-unreachable' })
    await loaded()
    const told = entries.filter(({ room }) => room === 'signaling')
    expect(told).toContainEqual(expect.objectContaining({ event: 'socket:failed', host: 'localhost:9', code: 1006 }))
    expect(told).toContainEqual(expect.objectContaining({ event: 'signaling:closed', opened: false, refused: false }))
    expect(entries.at(-1)).toMatchObject({ event: 'error', level: 'error', code: 'signaling-unreachable' })
  })

  it('must be a function', () => {
    expect(() => new WebGroup({ logger: 'skein:*' as unknown as Logger })).toThrow(TypeError)
    expect(() => configure({ logger: null as unknown as Logger })).toThrow(/logger must be a function, not null/)
    expect(() => new WebGroup({ transports: [webRTC()] })).not.toThrow()
  })
})

describe('createEntry', () => {
  const entryOf = (fields: LogFields) =>
    createEntry(1, { timeMs: 0, name: null, room: 'link', level: 'warn', event: 'x', fields })

  it.each([
    ['closed with code 4013', 'closed with code 4013'],
    ['not connected in time', 'not connected in time'],
    ['bad signal: OperationError: a=candidate:1 1 udp 1 203.0.113.7 9 typ host', 'bad signal'],
    ['go away, SECRET', 'other'],
    ['left SECRET', 'other'],
  ])('of what a connection ended with shows words of our own alone: %s', (text, reason) => {
    expect(entryOf({ text })).toMatchObject({ reason })
    expect(entryOf({ text })).not.toHaveProperty('text')
  })

  it('cuts ids and keys, whichever field and text they stand in, and leaves codes whole', () => {
    const id = 'abcdefghijklmnopqrstuv'
    expect(entryOf({ member: id, via: [id], what: `of ${id} x` })).toMatchObject({
      member: 'abcdef…',
      via: ['abcdef…'],
      what: 'of abcdef… x',
    })
    expect(entryOf({ code: 'signaling-unreachable' })).toMatchObject({ code: 'signaling-unreachable' })
  })
})
