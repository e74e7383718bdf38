import { describe, expect, it, vi } from 'vitest'
import { coreOf } from './core.js'
import { collect, createDevice, keyOf, texts } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

const filled = async (count: number) => {
  const device = createDevice()
  const log = device.log('filled')
  await log.append(texts(count))
  return { device, log }
}

describe('get', () => {
  it('rejects block-missing at once when it is not to wait', async () => {
    const { log } = await filled(2)
    await expect(log.get(2, { wait: false })).rejects.toEqual(code('block-missing'))
    await expect(createDevice().log(log.url).get(0, { wait: false })).rejects.toEqual(code('block-missing'))
  })

  it('waits until the block is appended', async () => {
    const { device, log } = await filled(2)
    const waiting = Promise.all([log.get(2), log.get(3), device.log('filled').get(3)])
    await log.append('c')
    await log.append('d')
    expect(await waiting).toEqual(['c', 'd', 'd'])
  })

  it('gives up after timeoutMs', async () => {
    const { log } = await filled(1)
    await expect(log.get(1, { timeoutMs: 5 })).rejects.toEqual(code('block-timeout'))
    await log.append('b')
    expect(await log.get(1, { timeoutMs: 0, wait: false })).toBe('b')
  })

  it('rejects with the reason of its signal, before and while it waits', async () => {
    const { log } = await filled(1)
    const reason = new Error('enough')
    await expect(log.get(0, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const waiting = log.get(1, { signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('rejects closed when its handle is closed, and not when another is', async () => {
    const { device, log } = await filled(1)
    const other = device.log('filled')
    await other.ready()
    const [mine, theirs] = [log.get(1), other.get(1)]
    const refused = expect(mine).rejects.toEqual(code('closed'))
    await log.close()
    await refused
    await other.append('b')
    expect(await theirs).toBe('b')
  })

  it('refuses what is no index, and options that it does not know', async () => {
    const { log } = await filled(1)
    for (const index of [-1, 0.5, NaN, Infinity, 2 ** 40]) expect(() => log.get(index)).toThrow(RangeError)
    expect(() => log.get('0' as never)).toThrow(TypeError)
    expect(() => log.get(0, { timeout: 5 } as never)).toThrow(TypeError)
    expect(() => log.get(0, { timeoutMs: -1 })).toThrow(RangeError)
    expect(() => log.get(0, { wait: 'no' as never })).toThrow(TypeError)
    expect(() => log.get(0, { signal: {} as never })).toThrow(TypeError)
  })

  it('asks whatever brings blocks for each that is waited for, once, and gives it up with the last who waits', async () => {
    const { log } = await filled(1)
    const asked: string[] = []
    const core = await coreOf(log)
    const early = log.get(3)
    const detach = core.waits.attach({
      want: (block) => {
        asked.push(`want ${block}`)
        return () => asked.push(`not ${block}`)
      },
    })
    const controller = new AbortController()
    const { signal } = controller
    const waits = [log.get(1), log.get(2, { signal }), log.get(2, { signal })]
    const refused = Promise.all(waits.slice(1).map((wait) => expect(wait).rejects.toBeInstanceOf(Error)))
    await log.get(0)
    await log.get(0)
    expect([...asked].sort()).toEqual(['want 1', 'want 2', 'want 3'])
    controller.abort(new Error('enough'))
    await refused
    await log.append('b')
    expect(await waits[0]).toBe('b')
    expect(asked.slice(3).sort()).toEqual(['not 1', 'not 2'])
    detach()
    expect(asked.at(-1)).toBe('not 3')
    await log.append(['c', 'd'])
    expect(await early).toBe('d')
    expect(asked).toHaveLength(6)
  })
})

describe('has', () => {
  it('tells whether blocks are here, all of them', async () => {
    const { log } = await filled(200)
    expect(await Promise.all([log.has(0), log.has(199), log.has(200), log.has(0, 200), log.has(5, 201)])).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
    await log.clear(100)
    expect(await Promise.all([log.has(100), log.has(99, 101), log.has(0, 100), log.has(101, 200)])).toEqual([
      false,
      false,
      true,
      true,
    ])
  })
})

describe('seek', () => {
  it('finds every byte', async () => {
    const { log } = createDevice()
    const one = log()
    const values = Array.from({ length: 150 }, (_, index) => 'x'.repeat(index % 4))
    for (let at = 0; at < values.length; at += 7) await one.append(values.slice(at, at + 7))
    let byte = 0
    for (const [index, value] of values.entries()) {
      for (let offset = 0; offset < value.length; offset++) expect(await one.seek(byte++)).toEqual({ index, offset })
    }
    expect(await one.seek(byte)).toEqual({ index: values.length, offset: 0 })
    await expect(one.seek(byte + 1)).rejects.toBeInstanceOf(RangeError)
    expect(() => one.seek(-1)).toThrow(RangeError)
  })

  it('reads few records of a long log', async () => {
    const { log, watched } = createDevice()
    const one = log()
    for (let go = 0; go < 300; go++) await one.append(texts(1))
    const before = watched().reads
    expect(await one.seek(6 * 123 + 2)).toEqual({ index: 123, offset: 2 })
    expect(watched().reads - before).toBeLessThanOrEqual(10)
  })
})

describe('a read stream', () => {
  it('gives a part of the log, as an iteration and as a stream', async () => {
    const { log } = await filled(200)
    expect(await collect(log.createReadStream({ start: 60, end: 130 }))).toEqual(texts(70, 60))
    expect(await collect(log.createReadStream({ start: 200 }))).toEqual([])
    const read: string[] = []
    await log.createReadStream({ start: 190 }).pipeTo(new WritableStream({ write: (value) => void read.push(value) }))
    expect(read).toEqual(texts(10, 190))
  })

  it('ends where the log ended when it was first read', async () => {
    const { log } = await filled(3)
    const iterator = log.createReadStream()[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toBe('text 0')
    await log.append('late')
    expect((await iterator.next()).value).toBe('text 1')
    expect((await iterator.next()).value).toBe('text 2')
    expect((await iterator.next()).done).toBe(true)
  })

  it('reads many records in one look', async () => {
    const { device, log } = await filled(640)
    const before = device.watched().reads
    await collect(log.createReadStream())
    // Of four records, and of the six that are left.
    expect(device.watched().reads - before).toBe(2)
  })

  it('gives nothing more of what it has looked at when it is aborted or its handle is closed', async () => {
    const { device, log } = await filled(128)
    const [controller, reason] = [new AbortController(), new Error('enough')]
    const aborted = log.createReadStream({ signal: controller.signal }).getReader()
    const other = device.log('filled')
    const closed = other.createReadStream().getReader()
    expect([(await aborted.read()).value, (await closed.read()).value]).toEqual(['text 0', 'text 0'])
    controller.abort(reason)
    await other.close()
    await expect(aborted.read()).rejects.toBe(reason)
    await expect(closed.read()).rejects.toEqual(code('closed'))
  })

  it('goes on with what is appended, when it is live, until it is left', async () => {
    const { log } = await filled(1)
    const seen: string[] = []
    for await (const value of log.createReadStream({ live: true })) {
      seen.push(value)
      if (seen.length === 3) break
      await log.append([`after ${value}`])
    }
    expect(seen).toEqual(['text 0', 'after text 0', 'after after text 0'])
  })

  it('gives up its wait when it is cancelled, aborted or its handle is closed', async () => {
    const { log } = await filled(0)
    const core = await coreOf(log)
    let wanted = 0
    core.waits.attach({
      want: () => {
        wanted++
        return () => wanted--
      },
    })
    const cancelled = log.createReadStream({ live: true }).getReader()
    const controller = new AbortController()
    const aborted = log.createReadStream({ live: true, signal: controller.signal }).getReader()
    const closed = log.createReadStream({ live: true }).getReader()
    const reads = [cancelled.read(), aborted.read(), closed.read()] as const
    const reason = new Error('enough')
    const outcomes = Promise.all([
      expect(reads[0]).resolves.toEqual({ done: true, value: undefined }),
      expect(reads[1]).rejects.toBe(reason),
      expect(reads[2]).rejects.toEqual(code('closed')),
    ])
    await log.has(0)
    await log.has(0)
    expect(wanted).toBe(1)
    await cancelled.cancel()
    controller.abort(reason)
    await log.close()
    await outcomes
    expect(wanted).toBe(0)
  })

  it('errors where a block is missing and it is not to wait', async () => {
    const { log } = await filled(3)
    await log.clear(1)
    const seen: string[] = []
    const reading = async () => {
      for await (const value of log.createReadStream({ wait: false })) seen.push(value)
    }
    await expect(reading()).rejects.toEqual(code('block-missing'))
    expect(seen).toEqual(['text 0'])
  })
})

describe('a snapshot', () => {
  it('stays as the log was', async () => {
    const { log } = await filled(3)
    const snapshot = await log.snapshot()
    await log.append(texts(5, 3))
    expect([snapshot.length, snapshot.byteLength, log.length]).toEqual([3, 18, 8])
    expect(await snapshot.head()).toBe('text 2')
    expect(await collect(snapshot.createReadStream())).toEqual(texts(3))
    await expect(snapshot.get(3)).rejects.toEqual(code('block-missing'))
    expect(await snapshot.has(2, 4)).toBe(false)
    expect(await snapshot.seek(18)).toEqual({ index: 3, offset: 0 })
    await snapshot.close()
    await expect(snapshot.get(0)).rejects.toEqual(code('closed'))
    expect(await log.get(0)).toBe('text 0')
  })
})

describe('clear', () => {
  it('gives back the bytes of blocks, and keeps the log whole', async () => {
    const { device, log } = await filled(300)
    const [before, head] = [device.place.bytes, log.signedHead]
    const cleared = texts(150, 70).join('').length
    expect(await log.clear(70, 220)).toBe(cleared)
    // But for what says that they are gone: a key, and a bit for each block up to the last of them.
    expect(device.place.bytes).toBe(before - cleared + 41 + 9 + 28)
    await expect(log.get(70, { wait: false })).rejects.toEqual(code('block-missing'))
    expect(await Promise.all([log.get(69), log.get(220)])).toEqual(['text 69', 'text 220'])
    expect(await log.clear(0, 400)).toBe(texts(70).join('').length + texts(80, 220).join('').length)
    expect(await log.clear(0, 400)).toBe(0)
    expect([log.length, log.signedHead]).toEqual([300, head])
    await log.append('more')
    await log.close()
    const again = device.log(keyOf(log))
    expect(await again.get(300)).toBe('more')
    expect(await again.audit()).toEqual({ isSound: true, checked: 1, damaged: [], repaired: [] })
    expect(again.byteLength).toBe(texts(300).join('').length + 4)
  })

  it.each([
    ['pages', false],
    ['processes, which nothing tells of each other', true],
  ])('in two %s at once leaves marked as here what is here', async (_who, isDeaf) => {
    const device = createDevice()
    const one = device.log('shared')
    await one.append(texts(200))
    const other = createDevice(device.place, { isDeaf }).log('shared')
    await other.ready()
    const bytes = (from: number, to: number): number => texts(to - from, from).join('').length
    expect(await one.clear(0, 10)).toBe(bytes(0, 10))
    // In the record of the first, and in another one.
    expect(await other.clear(5, 80)).toBe(bytes(10, 80))
    expect(await one.clear(100, 110)).toBe(bytes(100, 110))
    const here = async (log: typeof one) => {
      const { state } = await coreOf(log)
      return Array.from({ length: 200 }, (_, index) => index).filter((index) => state.presence.has(index))
    }
    await Promise.all([one.close(), other.close()])
    const again = device.log('shared')
    const expected = Array.from({ length: 200 }, (_, index) => index).filter(
      (index) => index >= 80 && !(index >= 100 && index < 110),
    )
    expect(await here(again)).toEqual(expected)
    for (const index of [5, 79, 100, 109]) expect(await again.has(index)).toBe(false)
    expect(await again.audit()).toMatchObject({ isSound: true, checked: expected.length })
  })

  it('in another page of the writer is noticed', async () => {
    const device = createDevice()
    const one = device.log('shared')
    await one.append(texts(20))
    const other = createDevice(device.place).log('shared')
    const core = await coreOf(other)
    const told: unknown[] = []
    core.events.on('presence', (range) => told.push(range))
    await one.clear(3, 5)
    await vi.waitFor(() => expect(told).toEqual([{ start: 3, end: 5 }]))
    expect([2, 3, 4, 5].map((index) => core.state.presence.has(index))).toEqual([true, false, false, true])
  })

  it('clears one block when it is told of one', async () => {
    const { log } = await filled(3)
    expect(await log.get(1)).toBe('text 1')
    expect(await log.clear(1)).toBe(6)
    await expect(log.get(1, { wait: false })).rejects.toEqual(code('block-missing'))
    expect(await Promise.all([log.has(0), log.has(1), log.has(2)])).toEqual([true, false, true])
  })
})

describe('download', () => {
  it('of nothing is done at once', async () => {
    const { log } = await filled(3)
    const nothing = [{ start: 2, end: 1 }, { start: 2, end: 2 }, { start: 3 }, { start: 50 }, { end: 0 }]
    for (const range of nothing) await log.download(range)
    expect(() => log.download({ start: -1 })).toThrow(RangeError)
  })
})
