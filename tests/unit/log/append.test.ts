import { describe, expect, it } from 'vitest'
import type { SkeinError } from '../../../sdk/log/index.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { collect, createDevice, keyOf, texts } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

/** A promise that a test resolves. */
const gate = () => {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open: () => open(), opened }
}

describe('append', () => {
  it('shares few transactions between a thousand calls that are made at once', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.ready()
    const before = watched().writes.length
    const results = await Promise.all(texts(1_000).map((text) => one.append(text)))
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
    expect(watched().writes.length - before).toBeLessThanOrEqual(2)
    expect(await collect(one.createReadStream())).toEqual(texts(1_000))
  })

  it('gathers what is appended while a commit is under way into the next one', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.ready()
    const held = gate()
    watched().beforeWrite = () => held.opened
    const first = one.append('a')
    await Promise.resolve()
    await Promise.resolve()
    const rest = [one.append('b'), one.append(['c', 'd']), one.append('e')]
    const before = watched().writes.length
    held.open()
    expect((await Promise.all([first, ...rest])).map(({ index, length }) => [index, length])).toEqual([
      [0, 1],
      [1, 2],
      [2, 4],
      [4, 5],
    ])
    expect(watched().writes.length - before).toBe(2)
  })

  it('J11: is acknowledged, shown and told of once it is durable, and not before', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.ready()
    const held = gate()
    watched().beforeWrite = () => held.opened
    let isAcknowledged = false
    const told: unknown[] = []
    one.on('length:change', (event) => told.push(event))
    const appending = one.append('a').then(() => (isAcknowledged = true))
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    expect([isAcknowledged, one.length, one.signedHead, told]).toEqual([false, 0, null, []])
    await expect(one.get(0, { wait: false })).rejects.toEqual(code('block-missing'))
    held.open()
    await appending
    expect([one.length, told]).toEqual([1, [{ previous: 0, next: 1 }]])
    expect(watched().writes.at(-1)?.options.durability).toBe('strict')
  })

  it('leaves the log as it was when the device is full, for each of the calls, and goes on when there is room', async () => {
    const device = createDevice(new MemoryPlace(2_000))
    const log = device.log()
    await log.append('a')
    const [bytes, head] = [device.place.bytes, log.signedHead]
    const large = 'x'.repeat(1_000)
    const results = await Promise.allSettled([log.append(large), log.append([large, large])])
    const errors = results.map((result) => (result as PromiseRejectedResult).reason as SkeinError)
    expect(errors.map((error) => error.code)).toEqual(['storage-full', 'storage-full'])
    expect(errors[0]).not.toBe(errors[1])
    expect([log.length, log.signedHead, device.place.bytes]).toEqual([1, head, bytes])
    expect(await log.append('b')).toMatchObject({ index: 1, length: 2 })
    expect(await collect(log.createReadStream())).toEqual(['a', 'b'])
    await log.close()
    const again = device.log(keyOf(log))
    expect(await collect(again.createReadStream())).toEqual(['a', 'b'])
  })

  it('keeps all of one call together, however much that is', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.ready()
    const before = watched().writes.length
    const large = 'x'.repeat(60_000)
    await one.append([...texts(10_000), ...Array.from({ length: 50 }, () => large)])
    expect(watched().writes.length - before).toBe(1)
    expect(await one.get(10_049)).toBe(large)
    expect(await one.audit()).toMatchObject({ isSound: true, checked: 10_050 })
  })

  it('is done before the log is closed, when it was called before', async () => {
    const device = createDevice()
    const log = device.log('diary')
    await log.ready()
    const appending = [log.append('a'), log.append('b')]
    await log.close()
    expect((await Promise.all(appending)).map(({ index }) => index)).toEqual([0, 1])
    await expect(log.append('c')).rejects.toEqual(code('closed'))
    expect(await collect(device.log('diary').createReadStream())).toEqual(['a', 'b'])
  })

  it('is done before the log is closed, when it waited for another commit', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.ready()
    const held = gate()
    watched().beforeWrite = async () => {
      await held.opened
      // As a device does, which answers in a task of its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const first = one.append('a')
    await Promise.resolve()
    await Promise.resolve()
    const second = one.append('b')
    const closing = one.close()
    held.open()
    expect((await Promise.all([first, second, closing])).slice(0, 2)).toMatchObject([{ index: 0 }, { index: 1 }])
  })

  it('J11: of two processes at once forks nothing: each is there once, in the order of each', async () => {
    const device = createDevice()
    const one = device.log('shared')
    await one.append('begin')
    const other = createDevice(device.place).log('shared')
    await other.ready()
    const told: number[] = []
    other.on('length:change', ({ next }) => told.push(next))
    const appending = (log: typeof one, name: string) =>
      Promise.all(texts(40).map(async (text) => (await log.append(`${name} ${text}`)).index))
    const places = await Promise.all([appending(one, 'one'), appending(other, 'other')])
    await other.append('end')
    expect(new Set(places.flat()).size).toBe(80)
    const all = await collect(other.createReadStream())
    for (const name of ['one', 'other']) {
      expect(all.filter((text) => text.startsWith(`${name} `))).toEqual(texts(40).map((text) => `${name} ${text}`))
    }
    expect(all).toHaveLength(82)
    expect(told.at(-1)).toBe(82)
    expect(await other.audit()).toEqual({ isSound: true, checked: 82, damaged: [], repaired: [] })
    await one.append('more')
    expect(await one.compare(other.signedHead as Uint8Array)).toBe('older')
  })

  it('does not go on from a head that is gone', async () => {
    const device = createDevice()
    const log = device.log()
    await log.append(['a', 'b'])
    const entry = device.watched().writes.at(-1)?.options.expect?.[0]?.key as Uint8Array
    await device.watched().write([{ key: entry, value: null }], { durability: 'strict' })
    await expect(log.append('c')).rejects.toEqual(code('log-damaged'))
  })
})
