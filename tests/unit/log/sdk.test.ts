import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { WebGroup } from '../../../sdk/group/index.js'
import {
  type Log,
  memoryStorage,
  SDK,
  type LogOptions,
  type RemotePeer,
  type ValueEncoding,
} from '../../../sdk/log/index.js'
import { setup, setupMembers, waitUntil } from '../group/setup.js'
import { collect, texts } from './setup.js'

const sdkFor = (group?: WebGroup): SDK => {
  const sdk = new SDK({ group, storage: memoryStorage() })
  onTestFinished(() => sdk.close())
  return sdk
}

const open = <Encoding extends ValueEncoding = 'utf-8'>(
  sdk: SDK,
  address: Uint8Array | string | null = null,
  options: LogOptions<Encoding> = {},
): Log<Encoding> => {
  const log = new sdk.Log<Encoding>(address, { valueEncoding: 'utf-8' as Encoding, ...options })
  onTestFinished(() => log.close())
  return log
}

/** What a log has of a range, when it has all of it. */
const untilHas = (log: Log<ValueEncoding>, end: number): Promise<void> =>
  vi.waitFor(async () => expect(await log.has(0, end)).toBe(true), { timeout: 10_000 })

const peersOf = (log: Log<ValueEncoding>): string[] => log.peers().map(({ id }) => id)

const pairOfStreams = () => {
  const [there, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()]
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ] as const
}

/** Two that share one log over streams of bytes, without a group. */
const setupPair = async <Encoding extends ValueEncoding = 'utf-8'>(options: LogOptions<Encoding> = {}) => {
  const [one, other] = [sdkFor(), sdkFor()]
  const writer = open<Encoding>(one, null, options)
  await writer.ready()
  const reader = open<Encoding>(other, writer.url, options)
  await reader.ready()
  const [left, right] = pairOfStreams()
  const ended = Promise.all([one.replicate(left, { peerId: 'reader' }), other.replicate(right, { peerId: 'writer' })])
  return { one, other, writer, reader, ended }
}

describe('an SDK of a group', () => {
  it('shares a log with every member that has opened it, and follows what is appended', async () => {
    const { members } = await setupMembers(3)
    const sdks = members.map((group) => sdkFor(group))
    const writer = open(sdks[0] as SDK)
    await writer.append(texts(100))
    const readers = sdks.slice(1).map((sdk) => open(sdk, writer.url))
    const live = collect(
      (async function* () {
        for await (const text of (readers[0] as Log<'utf-8'>).createReadStream({ live: true })) {
          yield text
          if (text === 'text 149') return
        }
      })(),
    )
    for (const reader of readers) await untilHas(reader, 100)
    await writer.append(texts(50, 100))
    expect(await live).toEqual(texts(150))
    for (const reader of readers) await untilHas(reader, 150)
    expect(new Set(peersOf(writer))).toEqual(new Set(members.slice(1).map(({ myId }) => myId)))
    expect(writer.peers().map(({ path, bitfield }) => [path, bitfield.length])).toEqual([
      ['direct', 19],
      ['direct', 19],
    ])
    await members[2]?.leave()
    await vi.waitFor(() => expect(peersOf(writer)).toEqual([members[1].myId]))
  })

  it('shares with members that others relay, through a change of path', async () => {
    const { members, network } = await setupMembers(3)
    const [one, other] = members
    network.refuse(one.myId, other.myId)
    network.cut(one.myId, other.myId)
    await waitUntil(one, () => one.peers.find(({ id }) => id === other.myId)?.path === 'relayed')
    const writer = open(sdkFor(one))
    await writer.append(texts(200))
    const reader = open(sdkFor(other), writer.url)
    await untilHas(reader, 200)
    expect(reader.peers()).toMatchObject([{ id: one.myId, path: 'relayed' }])
    network.allow(one.myId, other.myId)
    await waitUntil(one, () => one.peers.find(({ id }) => id === other.myId)?.path === 'direct')
    await writer.append(texts(100, 200))
    await untilHas(reader, 300)
    expect(reader.peers()).toMatchObject([{ id: one.myId, path: 'direct' }])
  })

  it('shares whoever comes first: made before the join, after others, or after the log of others', async () => {
    const { createGroup } = await setup()
    const [first, second] = [createGroup(), createGroup()]
    const writing = sdkFor(first)
    const writer = open(writing)
    await writer.append('early')
    const key = await first.join().then(() => first.key)
    await second.join(key)
    await waitUntil(second, () => second.members.length === 2)
    const reader = open(sdkFor(second), writer.url)
    expect(await reader.get(0)).toBe('early')
  })

  it('shares again in each join', async () => {
    const { members, key } = await setupMembers(2)
    const [one, other] = members
    const writer = open(sdkFor(one))
    await writer.append('one')
    const reader = open(sdkFor(other), writer.url)
    expect(await reader.get(0)).toBe('one')
    await other.leave()
    await vi.waitFor(() => expect(peersOf(writer)).toEqual([]))
    await writer.append('two')
    await other.join(key)
    expect(await reader.get(1)).toBe('two')
    await one.leave()
    await one.join(key)
    await writer.append('three')
    expect(await reader.get(2)).toBe('three')
  })

  it('J25: is one at a time, and another one may follow', async () => {
    const { members } = await setupMembers(2)
    const [one, other] = members
    const writer = open(sdkFor(one))
    await writer.append('one')
    const first = sdkFor(other)
    const before = open(first, writer.url)
    expect(await before.get(0)).toBe('one')
    expect(() => new SDK({ group: other, storage: memoryStorage() })).toThrow(TypeError)
    first.close()
    await expect(before.get(0)).rejects.toMatchObject({ code: 'closed' })
    const after = open(sdkFor(other), writer.url)
    expect(await after.get(0)).toBe('one')
    first.close()
    expect(() => new SDK({ group: other, storage: memoryStorage() })).toThrow(TypeError)
  })

  it('speaks to nobody before there is a log, and is no matter to members without one', async () => {
    const { members } = await setupMembers(3)
    const [one, other, plain] = members as unknown as [WebGroup, WebGroup, WebGroup]
    const errors: unknown[] = []
    for (const group of members) group.on('error', ({ error }) => errors.push(error))
    sdkFor(other)
    const writer = open(sdkFor(one))
    await writer.append('x')
    const heard = new Promise((resolve) => plain.on('message', resolve, { once: true }))
    await one.send('hello', { confirm: true })
    await heard
    expect([peersOf(writer), errors]).toEqual([[], []])
  })

  it('throws for what is no group, no storage and no option of it', () => {
    expect(() => new SDK({ group: {} as never })).toThrow(TypeError)
    expect(() => new SDK({ storage: {} as never })).toThrow(TypeError)
    expect(() => new SDK({ network: {} } as never)).toThrow(TypeError)
    expect(() => new SDK(null as never)).toThrow(TypeError)
    expect(() => open(sdkFor(), null, { storage: memoryStorage() })).toThrow(TypeError)
  })
})

describe('logs that are shared', () => {
  it('come over any two streams of bytes, until these end', async () => {
    const { writer, reader, one, ended } = await setupPair()
    await writer.append(texts(10))
    expect(await reader.get(9)).toBe('text 9')
    expect(reader.peers()).toMatchObject([{ id: 'writer', path: 'direct' }])
    one.close()
    await ended
    await vi.waitFor(() => expect(reader.peers()).toEqual([]))
    await expect(one.replicate(pairOfStreams()[0])).rejects.toMatchObject({ code: 'closed' })
  })

  it('end with the signal', async () => {
    const [one, other] = [sdkFor(), sdkFor()]
    const [left, right] = pairOfStreams()
    const controller = new AbortController()
    const ended = [one.replicate(left, { signal: controller.signal }), other.replicate(right)]
    controller.abort()
    await Promise.all(ended)
    await one.replicate(pairOfStreams()[0], { signal: AbortSignal.abort() })
  })

  it('end where it was closed before a link was made', async () => {
    const sdk = sdkFor()
    const ended = sdk.replicate(pairOfStreams()[0])
    sdk.close()
    await ended
  })

  it('J6: are kept and given by who cannot read them', async () => {
    const encryptionKey = new Uint8Array(32).fill(7)
    const [one, blind, other] = [sdkFor(), sdkFor(), sdkFor()]
    const writer = open(one, null, { encryptionKey, valueEncoding: 'utf-8' })
    await writer.append(texts(70))
    const kept = open(blind, writer.url)
    const [left, right] = pairOfStreams()
    const [first] = [one.replicate(left), blind.replicate(right)]
    await untilHas(kept, 70)
    one.close()
    await first
    const reader = open(other, kept.url, { encryptionKey, valueEncoding: 'utf-8' })
    const [near, far] = pairOfStreams()
    void blind.replicate(near)
    void other.replicate(far)
    expect(await reader.get(69)).toBe('text 69')
    const bytes = await open(blind, kept.url, { valueEncoding: 'binary' }).get(69)
    expect([bytes.length, new TextDecoder().decode(bytes).includes('text')]).toEqual([47, false])
  })

  it('are fetched when asked for alone where they are sparse', async () => {
    const { writer, reader } = await setupPair({ sparse: true, valueEncoding: 'utf-8' })
    await writer.append(texts(300))
    expect(await reader.get(200)).toBe('text 200')
    expect([await reader.has(0), await reader.has(201)]).toEqual([false, false])
    const progress: number[] = []
    await reader.download({ start: 10, end: 74, onProgress: ({ done, total }) => progress.push(done / total) })
    expect([progress.at(-1), await reader.has(10, 74), await reader.has(74)]).toEqual([1, true, false])
    await reader.download()
    expect(await reader.has(0, 300)).toBe(true)
  })

  it('are fetched though what is told of progress throws or rejects, which the log is told', async () => {
    const { writer, reader } = await setupPair({ sparse: true, valueEncoding: 'utf-8' })
    await writer.append(texts(3))
    const errors: unknown[] = []
    reader.on('error', ({ error }) => errors.push(error))
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    const throwing = (): never => {
      throw thrown
    }
    await reader.download({ end: 1, onProgress: throwing })
    await reader.download({ start: 1, end: 2, onProgress: () => Promise.reject(rejected) })
    await vi.waitFor(() => expect(errors).toEqual([thrown, rejected]))
  })

  it('stay without what was let go of, until somebody asks for it', async () => {
    const { writer, reader } = await setupPair()
    await writer.append(texts(100))
    await untilHas(reader, 100)
    await reader.clear(20, 40)
    await reader.clear(40, 50)
    await writer.append(texts(10, 100))
    await vi.waitFor(async () => expect(await reader.has(100, 110)).toBe(true))
    expect([await reader.has(19), await reader.has(20), await reader.has(49), await reader.has(50)]).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect(await reader.get(30)).toBe('text 30')
    await reader.download({ start: 20, end: 50 })
    expect(await reader.has(0, 110)).toBe(true)
  })

  it('are brought up to date when asked to, if there is somebody', async () => {
    const { writer, reader } = await setupPair()
    await writer.append(texts(3))
    expect([await reader.update(), reader.length, await reader.update()]).toEqual([true, 3, false])
    const lonely = open(sdkFor())
    expect(await lonely.update({ timeoutMs: 1 })).toBe(false)
    await expect(lonely.update({ signal: AbortSignal.abort(new Error('mine')) })).rejects.toThrow('mine')
    await expect(open(sdkFor(), writer.url).download({ end: 1, signal: AbortSignal.timeout(1) })).rejects.toMatchObject(
      {
        name: 'TimeoutError',
      },
    )
  })

  it('call back, where a function stands last', async () => {
    const [log, called] = [open(sdkFor()), vi.fn()]
    await new Promise<void>((resolve) => void log.ready(() => resolve()))
    const appended = await new Promise((resolve) => void log.append('one', (_, result) => resolve(result)))
    expect(appended).toEqual({ index: 0, length: 1, byteLength: 3 })
    expect(await new Promise((resolve) => void log.get(0, (_, value) => resolve(value)))).toBe('one')
    const failure = new Promise((resolve) => void log.get(1, { wait: false }, (error) => resolve(error)))
    expect(await failure).toMatchObject({ code: 'block-missing' })
    const thrown = new Promise((resolve) => log.on('error', ({ error }) => resolve(error), { once: true }))
    void log.get(0, () => {
      throw new Error('of a callback')
    })
    expect(await thrown).toMatchObject({ message: 'of a callback' })
    expect(called).not.toHaveBeenCalled()
  })
})

describe('receipts', () => {
  it('J23: are waited for: so many peers have it durably', async () => {
    const { writer, reader } = await setupPair()
    const result = await writer.append(texts(10), { storedBy: 1 })
    expect(result).toMatchObject({ index: 0, length: 10 })
    expect(await reader.has(0, 10)).toBe(true)
    await Promise.all(texts(100, 10).map((text) => writer.append(text, { storedBy: 1 })))
    expect(writer.receipts.map(({ id }) => id)).toContain('reader')
    expect(writer.receipts.at(-1)?.end).toBe(110)
  })

  it('do not come from who has not what was appended, and are waited for no longer than the signal lets', async () => {
    const { writer, reader } = await setupPair({ sparse: true, valueEncoding: 'utf-8' })
    await writer.append('one')
    const controller = new AbortController()
    const stored = writer.append('two', { storedBy: 1, signal: controller.signal })
    expect(await reader.get(0)).toBe('one')
    controller.abort(new Error('long enough'))
    await expect(stored).rejects.toThrow('long enough')
    expect([writer.length, await writer.get(1), writer.receipts]).toEqual([2, 'two', []])
    const again = writer.append('three', { storedBy: 1 })
    expect(await reader.get(2)).toBe('three')
    expect((await again).length).toBe(3)
    expect(() => writer.append('four', { storedBy: -1 })).toThrow(RangeError)
  })

  it('are said of no call by a log that is closed', async () => {
    const { writer } = await setupPair({ sparse: true, valueEncoding: 'utf-8' })
    const stored = writer.append('one', { storedBy: 2 })
    await vi.waitFor(() => expect(writer.length).toBe(1))
    await writer.close()
    await expect(stored).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('extensions', () => {
  it('J22: carry what an application says to all peers, and to one', async () => {
    const { writer, reader } = await setupPair({ extensions: ['seen'], valueEncoding: 'utf-8' })
    await writer.append('x')
    await reader.get(0)
    const answered = new Promise((resolve) => {
      reader.on('extension', (type, message, peer) => resolve([type, message, peer.id]))
    })
    writer.on('extension', (type, message, peer: RemotePeer) => {
      void peer.extension(type, { heard: message }, (error) => expect(error).toBeNull())
    })
    await reader.extension('seen', [1, 'two', null])
    expect(await answered).toEqual(['seen', { heard: [1, 'two', null] }, 'writer'])
  })

  it('J22: carry what is said to all to each peer', async () => {
    const { one, writer, reader } = await setupPair({ extensions: ['seen'], valueEncoding: 'utf-8' })
    const another = sdkFor()
    const third = open(another, writer.url, { extensions: ['seen'], valueEncoding: 'utf-8' })
    await third.ready()
    const [left, right] = pairOfStreams()
    void one.replicate(left, { peerId: 'third' })
    void another.replicate(right)
    await vi.waitFor(() => expect(peersOf(writer)).toHaveLength(2))
    const heard = [reader, third].map(
      (log) => new Promise((resolve) => log.on('extension', (_, said) => resolve(said))),
    )
    await writer.extension('seen', 'by all')
    expect(await Promise.all(heard)).toEqual(['by all', 'by all'])
  })

  it('of other names go by, and what a codec cannot read disturbs nobody', async () => {
    const bytes = { encode: (value: Uint8Array) => value, decode: (value: Uint8Array) => value }
    const { one, other, writer, reader } = await setupPair({
      extensions: { raw: bytes, text: 'json' },
      valueEncoding: 'utf-8',
    })
    await writer.append('x')
    await reader.get(0)
    const picky = open(one, writer.url, { extensions: { raw: 'json' } })
    const deaf = open(one, writer.url)
    const [heard, errors, none] = [vi.fn(), vi.fn(), vi.fn()]
    picky.on('error', ({ error }) => errors(error))
    picky.on('extension', heard)
    deaf.on('extension', none)
    await Promise.all([picky.ready(), deaf.ready()])
    const raw = new Promise((resolve) => writer.on('extension', (type, message) => resolve([type, message])))
    await reader.extension('raw', Uint8Array.of(1, 2, 3))
    expect(await raw).toEqual(['raw', Uint8Array.of(1, 2, 3)])
    expect(errors.mock.calls).toMatchObject([[{ code: 'value-invalid' }]])
    expect([heard.mock.calls, none.mock.calls]).toEqual([[], []])
    expect(await open(other, writer.url).get(0)).toBe('x')
  })

  it('throw for other names, too much, and what a codec does not take', async () => {
    const { writer } = await setupPair({ extensions: ['seen'], valueEncoding: 'utf-8' })
    expect(() => writer.extension('other', 1)).toThrow(RangeError)
    expect(() => writer.extension('seen', 'x'.repeat(16_384))).toThrow(RangeError)
    expect(() => writer.extension('seen', undefined)).toThrow(TypeError)
    await writer.extension('seen', 'nobody is there')
  })
})

describe('logs that are listed', () => {
  it('J24: are told to all members while they are open, and no others are', async () => {
    const { members } = await setupMembers(3)
    const [one, other, third] = members.map((group) => sdkFor(group)) as [SDK, SDK, SDK]
    const listed = open(one, null, { listed: true, valueEncoding: 'utf-8' })
    await open(one).append('secret')
    await listed.append('for all')
    await vi.waitFor(() => expect(other.list()).toEqual([listed.url]))
    const watching = third.watch()
    expect((await watching.next()).value).toBe(listed.url)
    const more = open(other, null, { listed: true, valueEncoding: 'utf-8' })
    await more.ready()
    expect((await watching.next()).value).toBe(more.url)
    expect(await open(third, listed.url).get(0)).toBe('for all')
    await listed.close()
    await vi.waitFor(() => expect(third.list()).toEqual([more.url]))
    other.close()
    await vi.waitFor(() => expect(third.list()).toEqual([]))
    const waiting = watching.next()
    third.close()
    await expect(waiting).rejects.toMatchObject({ code: 'closed' })
  })

  it('are told anew to who watches, when they are listed again', async () => {
    const { members } = await setupMembers(2)
    const [one, other] = members.map((group) => sdkFor(group)) as [SDK, SDK]
    const listed = open(one, 'diary', { listed: true, valueEncoding: 'utf-8' })
    await listed.ready()
    const watching = other.watch()
    expect((await watching.next()).value).toBe(listed.url)
    const next = watching.next()
    await listed.close()
    await vi.waitFor(() => expect(other.list()).toEqual([]))
    await open(one, 'diary', { listed: true, valueEncoding: 'utf-8' }).ready()
    expect((await next).value).toBe(listed.url)
  })

  it('are told to who comes later, and forgotten of who leaves', async () => {
    const { members, key, createGroup } = await setupMembers(2)
    const sdk = sdkFor(members[0])
    const log = open(sdk, null, { listed: true, valueEncoding: 'utf-8' })
    await log.append('x')
    const late = createGroup()
    await late.join(key)
    const reading = sdkFor(late)
    const controller = new AbortController()
    const watching = reading.watch({ signal: controller.signal })
    expect((await watching.next()).value).toBe(log.url)
    await members[0].leave()
    await vi.waitFor(() => expect(reading.list()).toEqual([]))
    controller.abort(new Error('enough'))
    await expect(watching.next()).rejects.toThrow('enough')
  })
})
