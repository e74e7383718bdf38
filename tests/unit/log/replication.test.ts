import { describe, expect, it, vi } from 'vitest'
import { recordEntry } from '../../../sdk/log/layout.js'
import { Presence } from '../../../sdk/log/presence.js'
import type { LogPort } from '../../../sdk/log/replication/port.js'
import { completeNodes } from '../../../sdk/protocol/log-nodes.js'
import { encodeLogRecord } from '../../../sdk/protocol/log-record.js'
import { createReplica, join, TestTime, type Change, type Replica } from './replication-world.js'
import { collect, createDevice, texts } from './setup.js'

const signal = new AbortController().signal
const all = (end: number) => ({ start: 0, end, onProgress: () => undefined, signal })

const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(0, (bytes[0] ?? 0) ^ 1)

/** Changes a byte of a block, or of its leaf in the tree, where that is stored. */
const damage = async ({ core }: Replica, index: number, what: 'block' | 'leaf' = 'block'): Promise<void> => {
  const { storage, logKey } = core.parts
  const record = await core.records.at(index)
  if (record === null) throw new Error('the block is not here')
  const leaf = completeNodes(index) - completeNodes(record.first)
  const damaged = {
    ...record,
    blocks: record.blocks.map((each, at) =>
      what === 'block' && each && record.first + at === index ? flipped(each) : each,
    ),
    nodes: record.nodes.map((each, at) => (what === 'leaf' && at === leaf ? flipped(each) : each)),
  }
  const changes = [{ key: recordEntry(logKey, record.first), value: encodeLogRecord(damaged) }]
  await storage.write(changes, { durability: 'strict' })
  core.records.forget()
}

describe('a replica', () => {
  it('gets a block that somebody waits for, and no others', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(200))
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    expect(await reader.log.get(130)).toBe('text 130')
    expect(reader.log.length).toBe(200)
    expect([await reader.log.has(130), await reader.log.has(0, 130), await reader.log.has(131)]).toEqual([
      true,
      false,
      false,
    ])
    expect([writer.violations, reader.violations]).toEqual([[], []])
    expect(await reader.log.audit()).toEqual({ isSound: true, checked: 1, damaged: [], repaired: [] })
  })

  it('gets all of a log of any size, in order of its own, and is then as the writer is', async () => {
    for (const size of [1, 2, 3, 63, 64, 65, 127, 200, 1_000]) {
      const time = new TestTime()
      const writer = await createReplica('writer', time, null)
      await writer.log.append(texts(size))
      const reader = await createReplica('reader', time, writer.log.url)
      join(writer, reader)
      await reader.swarm.download(all(size))
      expect(await collect(reader.log.createReadStream())).toEqual(texts(size))
      expect(reader.log.byteLength).toBe(writer.log.byteLength)
      expect(await reader.log.audit()).toEqual({ isSound: true, checked: size, damaged: [], repaired: [] })
      expect(await reader.log.seek(writer.log.byteLength - 1)).toEqual(await writer.log.seek(writer.log.byteLength - 1))
      expect([writer.violations, reader.violations, time.pending]).toEqual([[], [], 0])
    }
  })

  it('has records that a browser keeps in its database, as the writer has', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const padded = (count: number, bytes: number): string[] => texts(count).map((text) => text.padEnd(bytes))
    await writer.log.append([...padded(100, 1_024), ...padded(4, 61_440), ...texts(64)])
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    await reader.swarm.download(all(168))
    for (const { core } of [writer, reader]) {
      const records = await core.parts.storage.range(Uint8Array.of(5), Uint8Array.of(6), 1_000)
      expect(records.length).toBeGreaterThanOrEqual(7)
      expect(Math.max(...records.map(({ value }) => value.length))).toBeLessThanOrEqual(65_536)
    }
  })

  it('is the same when it is opened again', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(150))
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    await reader.log.get(100)
    await reader.log.get(3)
    await reader.log.close()
    const again = reader.device.log(writer.log.url)
    expect(await again.get(100, { wait: false })).toBe('text 100')
    expect(await again.get(3, { wait: false })).toBe('text 3')
    await expect(again.get(4, { wait: false })).rejects.toMatchObject({ code: 'block-missing' })
    expect([again.length, again.byteLength, again.signedHead]).toEqual([150, 0, writer.log.signedHead])
  })

  it('follows what the writer appends', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const last = await createReplica('last', time, writer.log.url)
    join(writer, reader)
    join(reader, last)
    const read: string[] = []
    const reading = (async () => {
      for await (const text of last.log.createReadStream({ live: true })) if (read.push(text) === 90) return
    })()
    for (let at = 0; at < 90; at += 9) await writer.log.append(texts(9, at))
    await reading
    expect(read).toEqual(texts(90))
    expect([reader.violations, last.violations]).toEqual([[], []])
  })

  it('gives others what it has and what proves it, when the writer is gone', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(300))
    const first = await createReplica('first', time, writer.log.url)
    const [wire] = join(writer, first)
    await first.log.get(77)
    await first.log.get(299)
    wire.cut()
    const second = await createReplica('second', time, writer.log.url)
    join(first, second)
    expect([await second.log.get(77), await second.log.get(299)]).toEqual(['text 77', 'text 299'])
    const waiting = second.log.get(78, { timeoutMs: 20 })
    await expect(waiting).rejects.toMatchObject({ code: 'block-timeout' })
  })

  it('tells who waits for what no peer has, after three seconds, and not before, nor without a peer', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(100))
    await writer.log.clear(7)
    const reader = await createReplica('reader', time, writer.log.url)
    const lonely = reader.log.get(0, { timeoutMs: 60_000 })
    time.pass(60_000)
    join(writer, reader)
    expect(await lonely).toBe('text 0')
    const [waiting, coming] = [reader.log.get(7), reader.log.get(100)]
    const failed = expect(waiting).rejects.toMatchObject({ code: 'block-unavailable' })
    await vi.waitFor(() => expect(time.pending).toBe(1))
    time.pass(2_999)
    expect(time.pending).toBe(1)
    time.pass(1)
    await failed
    // One that the log does not have yet may come.
    time.pass(60_000)
    await writer.log.append('text 100')
    expect(await coming).toBe('text 100')

    const later = reader.log.get(7)
    await vi.waitFor(() => expect(time.pending).toBe(1))
    time.pass(2_000)
    const copy = await createReplica('copy', time, writer.log.url, { device: writer.device })
    await copy.log.append('text 101')
    const other = reader.log.get(7, { signal: AbortSignal.timeout(1) })
    await expect(other).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(time.pending).toBe(1)
    time.pass(1_000)
    await expect(later).rejects.toMatchObject({ code: 'block-unavailable' })
    expect([time.pending, reader.violations]).toEqual([0, []])
  })

  it('has large blocks read with fewer looks than there are blocks', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    await writer.log.append(Array.from({ length: 400 }, (_, at) => String(at).padEnd(60_000, '.')))
    const before = writer.device.watched().reads
    await reader.swarm.download(all(400))
    // One look goes through 16 of these, and each part of the tree that lies beyond is one more.
    expect(writer.device.watched().reads - before).toBeLessThan(200)
  })

  it('stores together what comes soon after each other, and at once what somebody waits for or nothing more follows', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(1_000))
    const reader = await createReplica('reader', time, writer.log.url)
    const [wire] = join(writer, reader)
    const writes = (): number => reader.device.watched().writes.length
    await vi.waitFor(() => expect(reader.log.length).toBe(1_000))
    const letGo = wire.hold('data')
    const before = writes()
    const download = reader.swarm.download(all(1_000))
    await vi.waitFor(() => expect(wire.held).toBeGreaterThanOrEqual(4))
    await wire.release()
    await wire.release()
    expect(writes()).toBe(before)
    time.pass(100)
    await vi.waitFor(() => expect(writes()).toBe(before + 1))
    await wire.release()
    expect(writes()).toBe(before + 1)
    const wanted = reader.log.get(999)
    await vi.waitFor(() => expect(writes()).toBe(before + 2))
    letGo()
    await Promise.all([download, wanted])
    expect(reader.failures).toEqual([])
  })

  it('keeps what came and was not stored yet when it is closed', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(1_000))
    const reader = await createReplica('reader', time, writer.log.url)
    const [wire] = join(writer, reader)
    await vi.waitFor(() => expect(reader.log.length).toBe(1_000))
    wire.hold('data')
    const download = reader.swarm.download(all(1_000))
    await vi.waitFor(() => expect(wire.held).toBeGreaterThanOrEqual(4))
    await wire.release()
    expect(await reader.log.has(0)).toBe(false)
    reader.swarm.close(new Error('left'))
    await expect(download).rejects.toThrow('left')
    await vi.waitFor(async () => expect(await reader.log.has(0, 64)).toBe(true))
    expect(time.pending).toBe(0)
  })

  it('asks several for a log, and each for a part', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(2_000))
    const copies = await Promise.all(['a', 'b'].map((name) => createReplica(name, time, writer.log.url)))
    for (const copy of copies) {
      join(writer, copy)
      await copy.swarm.download(all(2_000))
    }
    const reader = await createReplica('reader', time, writer.log.url)
    const wires = [writer, ...copies].map((each) => join(each, reader)[0])
    await reader.swarm.download(all(2_000))
    expect(await collect(reader.log.createReadStream())).toEqual(texts(2_000))
    const parts = wires.map(({ sent }) => sent.filter(({ type }) => type === 'data').length)
    expect(Math.min(...parts)).toBeGreaterThanOrEqual(5)
    expect(parts.reduce((sum, part) => sum + part)).toBeLessThan(40)
  })

  it('asks another one after ten seconds, and the slow one no more while others have the blocks', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(100))
    const reader = await createReplica('reader', time, writer.log.url)
    const [slow, asked] = join(writer, reader)
    await vi.waitFor(() => expect(reader.swarm.peers()[0]?.bitfield[0]).toBe(255))
    slow.isHeld = true
    const block = reader.log.get(5)
    await vi.waitFor(() => expect(asked.sent.filter(({ type }) => type === 'req')).toHaveLength(1))
    const copy = await createReplica('copy', time, writer.log.url)
    join(writer, copy)
    await copy.swarm.download(all(100))
    join(copy, reader)
    await vi.waitFor(() => expect(reader.swarm.peers()).toHaveLength(2))
    time.pass(10_000)
    expect(await block).toBe('text 5')
    expect(await reader.log.get(6)).toBe('text 6')
    expect(asked.sent.filter(({ type }) => type === 'req')).toHaveLength(1)
    expect(asked.sent.filter(({ type }) => type === 'cancel')).toHaveLength(1)
  })

  it('gets all but what is damaged where it comes from, and takes nobody for a liar', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(64).map((text) => text.padEnd(2_000)))
    await damage(writer, 50)
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    join(writer, reader)
    await vi.waitFor(async () => expect(await reader.log.has(51, 64)).toBe(true))
    expect([await reader.log.has(0, 50), await reader.log.has(50), reader.violations]).toEqual([true, false, []])
  })

  it('J19: takes nobody for a liar whose tree is damaged, and gets what cannot be proved there from somebody else', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(64))
    const other = await createReplica('other', time, writer.log.url, { isEager: true })
    join(writer, other)
    await vi.waitFor(async () => expect(await other.log.has(0, 64)).toBe(true))
    await damage(writer, 50, 'leaf')
    const reader = await createReplica('reader', time, writer.log.url)
    const [, asked] = join(writer, reader)
    const block = reader.log.get(51)
    await vi.waitFor(() =>
      expect(asked.sent.map(({ type }) => type)).toEqual(['open', 'ask', 'head', 'req', 'cancel', 'check', 'req']),
    )
    join(other, reader)
    expect([await block, await reader.log.get(40)]).toEqual(['text 51', 'text 40'])
    expect(reader.violations).toEqual([])
  })

  it('J19: is told of a liar when one who was told to check sends what is not proved, and not by what was asked for before', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(640))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const liesOf: Set<number>[] = [new Set(), new Set()]
    const [before, after] = liesOf as [Set<number>, Set<number>]
    let lies = 0
    const lie: Change = (frame) => {
      // Not for ever: whoever believes it asks again each time.
      if (frame.type !== 'data' || lies === 100 || !liesOf.some((ids) => ids.has(frame.id))) return [frame]
      lies++
      return [{ ...frame, blocks: frame.blocks.map((each) => ({ ...each, block: flipped(each.block) })) }]
    }
    const [, asked] = join(writer, reader, { says: lie })
    const checks = (): number => asked.sent.filter(({ type }) => type === 'check').length
    asked.change = (frame) => {
      if (frame.type === 'req' && checks() === 0) before.add(frame.id)
      if (frame.type === 'req' && frame.start === 640) after.add(frame.id)
      return [frame]
    }
    await vi.waitFor(async () => expect(await reader.log.has(0, 640)).toBe(true))
    expect([checks(), reader.violations]).toEqual([1, []])
    expect([lies, before.size]).toEqual([before.size, expect.toSatisfy((size: number) => size > 1)])
    await writer.log.append(texts(1, 640))
    await vi.waitFor(() => expect(reader.violations).toEqual(['writer: a block that is not proved']))
    expect(lies).toBe(before.size + 1)
  })

  it('goes on with all of a log when another page of its device writes something else', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(100))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const page = createDevice(reader.device.place)
    const [wire] = join(writer, reader, { says: (frame) => (frame.type === 'have' ? [] : [frame]) })
    await vi.waitFor(() => expect(reader.log.length).toBe(100))
    const looked = vi.spyOn(reader.core, 'load')
    await page.log('other').append('something else')
    await vi.waitFor(() => expect(looked).toHaveBeenCalled())
    await looked.mock.results[0]?.value
    wire.cut()
    join(writer, reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 100)).toBe(true))
  })

  it('does not fetch again what another page of its device has cleared', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(100))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    join(writer, reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 100)).toBe(true))
    await createDevice(reader.device.place).log(writer.log.url).clear(20, 30)
    await vi.waitFor(async () => expect(await reader.log.has(20)).toBe(false))
    await writer.log.append(texts(10, 100))
    await vi.waitFor(async () => expect(await reader.log.has(30, 110)).toBe(true))
    const has = await Promise.all(Array.from({ length: 110 }, (_, index) => reader.log.has(index)))
    expect(has.flatMap((isHere, index) => (isHere ? [] : [index]))).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
  })

  it('has what another page of its device fetched while it was about to write itself', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(100))
    const copy = await createReplica('copy', time, writer.log.url)
    const [first] = join(writer, copy)
    await copy.log.get(5)
    first.cut()
    const one = await createReplica('one', time, writer.log.url)
    const other = await createReplica('other', time, writer.log.url, { device: createDevice(one.device.place) })
    join(copy, one)
    join(writer, other)
    await vi.waitFor(() => expect([one.log.length, other.log.length]).toEqual([100, 100]))
    const storage = one.device.watched()
    const writing = new Promise<() => void>((resolve) => {
      storage.beforeWrite = () => new Promise((write) => resolve(write))
    })
    const [brought, awaited] = [one.log.get(5), one.log.get(70)]
    const write = await writing
    expect(await other.log.get(70)).toBe('text 70')
    storage.beforeWrite = () => Promise.resolve()
    write()
    expect(await Promise.all([brought, awaited])).toEqual(['text 5', 'text 70'])
  })

  it('does not look at all of what is here again for each answer, where no peer has an early block', async () => {
    const looks = async (count: number): Promise<number> => {
      const time = new TestTime()
      const writer = await createReplica('writer', time, null)
      await writer.log.append(texts(count))
      await writer.log.clear(0)
      const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
      const looked = vi.spyOn(Presence.prototype, 'has')
      join(writer, reader)
      await vi.waitFor(() => expect(reader.core.state.presence.count(count)).toBe(count - 1), { timeout: 10_000 })
      const { length } = looked.mock.calls
      looked.mockRestore()
      return length
    }
    expect((await looks(4_096)) / (await looks(1_024))).toBeLessThan(6)
  })

  it('J16: asks again how a log grew, when that is not shown in time', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(10))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const [shown, asked] = join(writer, reader, { says: (frame) => (frame.type === 'up' ? [] : [frame]) })
    await vi.waitFor(() => expect(shown.sent.some(({ type }) => type === 'up')).toBe(true))
    shown.change = (frame) => [frame]
    time.pass(9_999)
    expect([reader.log.length, reader.swarm.checkUpToDate()]).toEqual([0, false])
    time.pass(1)
    await vi.waitFor(async () => expect(await reader.log.has(0, 10)).toBe(true))
    expect(asked.sent.filter(({ type }) => type === 'ask' || type === 'cancel').map(({ type }) => type)).toEqual([
      'ask',
      'cancel',
      'ask',
    ])
    expect(reader.swarm.checkUpToDate()).toBe(true)
  })

  it('J16: asks again after a while how a log grew, when that could not be shown', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(10))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const [shown, asked] = join(writer, reader, {
      says: (frame) => (frame.type === 'up' ? [{ type: 'nodata', id: frame.id }] : [frame]),
    })
    await vi.waitFor(() => expect(time.pending).toBe(1))
    // Whoever waits for it to be up to date looks at each change.
    for (let look = 0; look < 3; look++) expect(reader.swarm.checkUpToDate()).toBe(false)
    shown.change = (frame) => [frame]
    expect(asked.sent.filter(({ type }) => type === 'ask')).toHaveLength(1)
    time.pass(10_000)
    await vi.waitFor(async () => expect(await reader.log.has(0, 10)).toBe(true))
  })

  it('J16: asks how a log grew when somebody wants to be up to date, where there was no room to ask before', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(10))
    const reader = await createReplica('reader', time, writer.log.url)
    const [, asked] = join(writer, reader, { says: (frame) => (frame.type === 'have' ? [] : [frame]) })
    for (let size = 100; size < 108; size++) asked.peer.growths.ask(size)
    await vi.waitFor(() => expect(reader.swarm.peers()).toHaveLength(1))
    await vi.waitFor(() => expect(asked.peer.growths.hasAnswer).toBe(true))
    expect(reader.log.length).toBe(0)
    expect(reader.swarm.checkUpToDate()).toBe(false)
    await vi.waitFor(() => expect(reader.swarm.checkUpToDate()).toBe(true))
    expect(reader.log.length).toBe(10)
  })

  it('J15: keeps nothing for a peer that does not read but that there is news, and tells that as one', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append('text 0')
    const reader = await createReplica('reader', time, writer.log.url)
    const [told] = join(writer, reader)
    await vi.waitFor(() => expect(reader.swarm.peers()[0]?.bitfield).toEqual(Uint8Array.of(1)))
    let read = (): void => undefined
    const full = vi
      .spyOn(told as unknown as LogPort, 'send')
      .mockReturnValue(new Promise((resolve) => (read = resolve)))
    for (let block = 1; block <= 50; block++) await writer.log.append(`text ${block}`)
    expect(full).toHaveBeenCalledTimes(1)
    full.mockRestore()
    read()
    const whole = new Uint8Array(7).fill(255).with(6, 7)
    await vi.waitFor(() => expect(reader.swarm.peers()[0]?.bitfield).toEqual(whole))
    expect(told.sent.filter(({ type }) => type === 'head' || type === 'have')).toHaveLength(4)
  })

  it('goes on where it was when it is joined again', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(1_000))
    const reader = await createReplica('reader', time, writer.log.url)
    const [first] = join(writer, reader)
    let answers = 0
    first.change = (frame) => {
      if (frame.type === 'data' && ++answers === 5) first.cut()
      return [frame]
    }
    const done: number[] = []
    const download = reader.swarm.download({ ...all(1_000), onProgress: (progress) => done.push(progress.done) })
    await vi.waitFor(() => expect(reader.swarm.peers()).toEqual([]))
    await vi.waitFor(() => expect(done.at(-1)).toBeGreaterThanOrEqual(4 * 64))
    const [second] = join(writer, reader)
    await download
    expect(second.sent.filter(({ type }) => type === 'data').length).toBeLessThanOrEqual(12)
    expect(done).toEqual([...done].sort((one, other) => one - other))
    expect(done.at(-1)).toBe(1_000)
  })

  it('ends downloads with why it is closed, those under way and those begun later', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const { swarm } = await createReplica('reader', time, writer.log.url)
    const reason = new Error('left')
    const begun = swarm.download(all(10))
    swarm.close(reason)
    await expect(begun).rejects.toBe(reason)
    await expect(swarm.download(all(10))).rejects.toBe(reason)
  })

  it('finds bytes as far as it has had all blocks before them, and says which it misses', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(10))
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    await vi.waitFor(() => expect(reader.log.length).toBe(10))
    for (const byte of [0, 5]) await expect(reader.log.seek(byte)).rejects.toMatchObject({ code: 'block-missing' })
    await reader.swarm.download({ start: 0, end: 4, onProgress: () => undefined, signal: new AbortController().signal })
    await reader.log.get(9)
    for (let byte = 0; byte < 24; byte++) expect(await reader.log.seek(byte)).toEqual(await writer.log.seek(byte))
    await expect(reader.log.seek(24)).rejects.toThrow('"4" before it')
    await reader.log.clear(0, 3)
    expect(await reader.log.seek(23)).toEqual({ index: 3, offset: 5 })
    await reader.swarm.download({
      start: 0,
      end: 10,
      onProgress: () => undefined,
      signal: new AbortController().signal,
    })
    await reader.log.clear(2)
    expect(await reader.log.seek(60)).toEqual({ index: 10, offset: 0 })
    await expect(reader.log.seek(61)).rejects.toThrow(RangeError)
  })

  it('looks elsewhere for what a peer has not any more, and gets back what was cleared here', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(70))
    const copy = await createReplica('copy', time, writer.log.url)
    join(writer, copy)
    await copy.swarm.download(all(70))
    await writer.log.clear(0, 70)
    await vi.waitFor(() => expect(copy.swarm.peers()[0]?.bitfield).toEqual(new Uint8Array(9)))
    expect(await writer.log.get(66)).toBe('text 66')
    await copy.log.clear(10, 20)
    expect(copy.log.byteLength).toBe(writer.log.byteLength)
    expect(await copy.log.has(0, 10)).toBe(true)
    await expect(copy.log.get(12, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'block-timeout' })
    expect([writer.violations, copy.violations]).toEqual([[], []])
  })

  it('pauses when its device is full, and goes on when there is room', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(10))
    const reader = await createReplica('reader', time, writer.log.url)
    join(writer, reader)
    await vi.waitFor(() => expect(reader.log.length).toBe(10))
    const full = new Error('full')
    reader.device.watched().beforeWrite = () => Promise.reject(full)
    const block = reader.log.get(3)
    await vi.waitFor(() => expect(reader.failures).toEqual([full]))
    reader.device.watched().beforeWrite = () => Promise.resolve()
    time.pass(30_000)
    expect(await block).toBe('text 3')
  })
})
