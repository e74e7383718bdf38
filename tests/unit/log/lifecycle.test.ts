import { describe, expect, it, vi } from 'vitest'
import { Log } from '../../../sdk/log/index.js'
import { createStorage } from '../../../sdk/log/storage.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { createDevice, keyOf } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

describe('handles', () => {
  it('open nothing before they are used', async () => {
    const device = createDevice()
    const log = device.log()
    expect(device.opened()).toBe(0)
    await log.close()
    await expect(log.ready()).rejects.toEqual(code('closed'))
    expect(device.opened()).toBe(0)
  })

  it('of one log share it, and of one storage that, until the last is closed', async () => {
    const device = createDevice()
    const [one, other] = [device.log('a'), device.log('b')]
    await one.append('x')
    const session = await one.session()
    const snapshot = await session.snapshot()
    await other.ready()
    expect(device.opened()).toBe(1)
    for (const handle of [one, other, session]) await handle.close()
    expect(await snapshot.get(0)).toBe('x')
    expect(device.watched().closed).toBe(0)
    await Promise.all([snapshot.close(), snapshot.close()])
    expect(device.watched().closed).toBe(1)
    expect(await device.log('a').get(0)).toBe('x')
    expect(device.opened()).toBe(2)
  })

  it('that are closed while they are opened leave nothing open', async () => {
    const device = createDevice()
    const log = device.log('a')
    const opening = log.ready()
    const refused = expect(opening).rejects.toEqual(code('closed'))
    await log.close()
    await refused
    expect([device.opened(), device.watched().closed]).toEqual([1, 1])
  })

  it('that are closed again and again while others open are each told, and all is closed in the end', async () => {
    const device = createDevice()
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const log = device.log(`log ${index % 3}`)
        const using = index % 2 === 0 ? log.append('x') : log.get(0)
        if (index % 5 === 0) await Promise.all([log.close(), using.catch(() => undefined)])
        else await using
        await log.close()
      }),
    )
    expect(device.watched().closed).toBe(1)
  })

  it('say the same when they are closed twice, and know their log still', async () => {
    const log = createDevice().log()
    await log.append('x')
    await Promise.all([log.close(), log.close()])
    await log.close()
    expect([log.length, keyOf(log).length]).toEqual([1, 32])
    for (const call of [
      log.get(0),
      log.append('y'),
      log.has(0),
      log.seek(0),
      log.clear(0),
      log.audit(),
      log.snapshot(),
    ]) {
      await expect(call).rejects.toEqual(code('closed'))
    }
    await expect(log.createReadStream().getReader().read()).rejects.toEqual(code('closed'))
    await expect(log.session()).rejects.toEqual(code('closed'))
  })
})

describe('what a log is kept in', () => {
  it('that cannot be opened fails the call, and the next call tries again', async () => {
    const place = new MemoryPlace()
    const open = vi.fn(() => Promise.resolve(place.open()))
    open.mockImplementationOnce(() => Promise.reject(new Error('not now')))
    const log = new Log('a', { storage: createStorage(null, open), valueEncoding: 'utf-8' })
    await expect(log.ready()).rejects.toThrow('not now')
    expect(await log.append('x')).toMatchObject({ length: 1 })
    await log.close()
  })

  it('that is taken away ends every wait with storage-lost, and is told as error', async () => {
    const device = createDevice()
    const log = device.log('a')
    await log.append('x')
    const errors: unknown[] = []
    log.on('error', ({ error }) => errors.push(error))
    const waits = [log.get(1), log.createReadStream({ start: 1, live: true }).getReader().read()]
    const refused = Promise.all(waits.map((wait) => expect(wait).rejects.toEqual(code('storage-lost'))))
    device.place.destroy()
    await refused
    await expect(log.append('y')).rejects.toEqual(code('storage-lost'))
    await expect(log.get(0)).rejects.toEqual(code('storage-lost'))
    expect(errors[0]).toEqual(code('storage-lost'))
    await log.close()
    expect(device.watched().closed).toBe(1)
    const again = device.log('a')
    await again.ready()
    expect(again.length).toBe(0)
    expect(keyOf(again)).not.toEqual(keyOf(log))
  })
})
