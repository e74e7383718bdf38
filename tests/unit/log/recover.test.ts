import { describe, expect, it, vi } from 'vitest'
import { writerEntry } from '../../../sdk/log/layout.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { decodeLogWriter, encodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { createReplica, join, TestTime, type Replica } from './replication-world.js'
import { collect, createDevice, keyOf, texts, type Device } from './setup.js'

/** A device to which the secret of a log has come, and nothing else of it. */
const restoredFrom = async (writer: Replica): Promise<Device> => {
  const key = writerEntry(keyOf(writer.log))
  const secret = await writer.device.watched().get(key)
  if (secret === null) throw new Error('no writer')
  const place = new MemoryPlace()
  const value = encodeLogWriter({ ...decodeLogWriter(secret), isRestored: true })
  await place.open().write([{ key, value }], { durability: 'strict' })
  return createDevice(place)
}

const setup = async (size: number) => {
  const time = new TestTime()
  const writer = await createReplica('writer', time, null)
  if (size > 0) await writer.log.append(texts(size))
  const copy = await createReplica('copy', time, writer.log.url, { isEager: true })
  const [wire] = join(writer, copy)
  await vi.waitFor(async () => expect(await copy.log.has(0, size)).toBe(true))
  const device = await restoredFrom(writer)
  const restored = await createReplica('restored', time, writer.log.url, { device })
  return { time, writer, copy, wire, device, restored }
}

/** What is shared is that of the replica, not of the log's own home. */
const recover = async ({ core, swarm }: Replica): Promise<void> => {
  const { takeOver } = await import('../../../sdk/log/recover.js')
  const signal = new AbortController().signal
  await vi.waitFor(() => expect(swarm.checkUpToDate()).toBe(true))
  await swarm.download({ start: 0, end: core.state.size, onProgress: () => undefined, signal })
  expect(await takeOver(core)).toBe(true)
}

describe('J8: a log whose secret came from a backup', () => {
  it('is not appended to before it has all that others have of it, and goes on behind that', async () => {
    for (const size of [0, 1, 64, 100, 333]) {
      const { writer, copy, wire, restored, device } = await setup(size)
      expect(restored.log.writable).toBe(false)
      await expect(restored.log.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
      wire.cut()
      join(copy, restored)
      await recover(restored)
      expect([restored.log.writable, restored.log.length]).toEqual([true, size])
      expect(await restored.log.append(['and', 'on'])).toEqual({
        index: size,
        length: size + 2,
        byteLength: writer.log.byteLength + 5,
      })
      expect(await collect(restored.log.createReadStream())).toEqual([...texts(size), 'and', 'on'])
      expect(await restored.log.audit()).toMatchObject({ isSound: true, checked: size + 2 })
      expect(await restored.log.seek(writer.log.byteLength + 3)).toEqual({ index: size + 1, offset: 0 })
      await vi.waitFor(async () => expect(await copy.log.has(0, size + 2)).toBe(true))
      expect([copy.violations, copy.log.fork, restored.violations]).toEqual([[], null, []])

      await restored.log.clear(0)
      await restored.log.close()
      const again = device.log(writer.log.url)
      await again.append('and on')
      expect([again.length, await again.has(0), await again.has(1, size + 3)]).toEqual([size + 3, false, true])
    }
  })

  it('is noticed by another page that has it open', async () => {
    const { copy, wire, restored, device } = await setup(10)
    const other = createDevice(device.place).log(restored.log.url)
    await other.ready()
    expect(other.writable).toBe(false)
    wire.cut()
    join(copy, restored)
    await recover(restored)
    await vi.waitFor(() => expect(other.writable).toBe(true))
    expect((await other.append('here')).length).toBe(11)
    await vi.waitFor(() => expect(restored.log.length).toBe(11))
  })

  it('is not taken over while others have more of it than is here', async () => {
    const { takeOver } = await import('../../../sdk/log/recover.js')
    const { copy, restored } = await setup(10)
    join(copy, restored)
    await vi.waitFor(() => expect(restored.log.length).toBe(10))
    expect([await restored.log.has(0, 10), await takeOver(restored.core)]).toEqual([false, false])
    await expect(takeOver(copy.core)).rejects.toMatchObject({ code: 'log-read-only' })
  })

  it('waits for somebody, as long as the signal lets it, or for nobody when it is told that there is none', async () => {
    const { restored, writer } = await setup(0)
    const controller = new AbortController()
    const waiting = restored.log.recover({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await restored.log.recover({ alone: true })
    await restored.log.recover()
    expect((await restored.log.append('first')).length).toBe(1)
    const replica = createDevice().log(writer.log.url)
    await expect(replica.recover({ alone: true })).rejects.toMatchObject({ code: 'log-read-only' })
    expect(() => replica.recover({ alone: 1 as never })).toThrow(TypeError)
  })
})
