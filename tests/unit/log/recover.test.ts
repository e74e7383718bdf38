import { describe, expect, it, vi } from 'vitest'
import { writerEntry } from '../../../sdk/log/layout.js'
import { neverHere, takeOver } from '../../../sdk/log/ownership.js'
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
  const signal = new AbortController().signal
  await vi.waitFor(() => expect(swarm.checkUpToDate()).toBe(true))
  for (const range of await neverHere(core)) await swarm.download({ ...range, onProgress: () => undefined, signal })
  expect(await takeOver(core)).toBe(true)
}

/** All that a device has stored, on another one: as after its folder, or the profile of its browser, was restored. */
const copyOf = async ({ place }: Device): Promise<Device> => {
  const entries = await place.open().range(Uint8Array.of(1), Uint8Array.of(255), 10_000)
  const copy = new MemoryPlace()
  await copy.open().write(entries, { durability: 'strict' })
  return createDevice(copy)
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

describe('J8: a log whose device was restored with all that it had', () => {
  /** A writer went on after it was copied, and a peer has what it appended. */
  const restoredCopy = async (before: number, more: number, cleared = 0) => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(before))
    if (cleared > 0) await writer.log.clear(0, cleared)
    const device = await copyOf(writer.device)
    await writer.log.append(texts(more, before))
    const peer = await createReplica('peer', time, writer.log.url, { isEager: true })
    const [wire] = join(writer, peer)
    await vi.waitFor(async () => expect(await peer.log.has(cleared, before + more)).toBe(true))
    wire.cut()
    return { time, writer, peer, device, old: await createReplica('old', time, writer.log.url, { device }) }
  }

  it.each([
    [4, 4],
    [1, 200],
    [100, 1],
  ])(
    'is not appended to once a peer shows that it went on, until it is recovered: %i blocks, then %i',
    async (before, more) => {
      const { time, peer, device, old } = await restoredCopy(before, more)
      expect(old.log.writable).toBe(true)
      join(old, peer)
      await vi.waitFor(() => expect(old.log.writable).toBe(false))
      await expect(old.log.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
      old.swarm.close(new Error('the device is off'))
      await old.log.close()

      const again = await createReplica('again', time, peer.log.url, { device })
      expect(again.log.writable).toBe(false)
      await expect(again.log.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
      join(again, peer)
      await recover(again)
      const bytes = texts(before + more).join('').length
      expect(await again.log.append('and on')).toEqual({
        index: before + more,
        length: before + more + 1,
        byteLength: bytes + 6,
      })
      expect(await collect(again.log.createReadStream())).toEqual([...texts(before + more), 'and on'])
      expect(await again.log.audit()).toMatchObject({ isSound: true, checked: before + more + 1 })
      await vi.waitFor(async () => expect(await peer.log.has(before + more)).toBe(true))
      expect([again.log.fork, peer.log.fork, again.violations, peer.violations]).toEqual([null, null, [], []])
    },
  )

  it('is recovered though what was cleared here is nowhere any more', async () => {
    const { peer, old } = await restoredCopy(100, 5, 70)
    join(old, peer)
    await vi.waitFor(() => expect(old.log.writable).toBe(false))
    await recover(old)
    await old.log.append('and on')
    expect(old.log.byteLength).toBe(texts(105).join('').length + 6)
    expect([await old.log.has(69), await old.log.has(70, 106)]).toEqual([false, true])
    expect(old.core.state.presence.count(106)).toBe(36)
    expect(await old.log.audit()).toMatchObject({ isSound: true, checked: 36 })
  })

  it('is found to be forked when it was appended to before', async () => {
    const { peer, old } = await restoredCopy(4, 4)
    await old.log.append('another history')
    join(old, peer)
    await vi.waitFor(() => expect([old.log.fork, peer.log.fork]).not.toContain(null))
    await expect(old.log.append('more')).rejects.toMatchObject({ code: 'log-forked' })
  })

  it('is not appended to by another process either, nor once a head was compared that was seen elsewhere', async () => {
    const { writer, device, old } = await restoredCopy(4, 4)
    const another = createDevice(device.place, { isDeaf: true }).log(old.log.url)
    await another.ready()
    expect(await old.log.compare(writer.log.signedHead as Uint8Array)).toBe('newer')
    await expect(old.log.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
    expect(another.writable).toBe(true)
    await expect(another.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
    expect([another.writable, another.length]).toEqual([false, 4])
  })

  it('is not taken for one when another process of the device has appended', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(3))
    const process = createDevice(writer.device.place, { isDeaf: true })
    const other = await createReplica('other', time, writer.log.url, { device: process })
    await writer.log.append(texts(3, 3))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    join(writer, reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 6)).toBe(true))
    join(other, reader)
    await vi.waitFor(() => expect(other.log.length).toBe(6))
    expect((await other.log.append('and on')).index).toBe(6)
    expect(other.log.writable).toBe(true)
  })
})
