import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { SDK, type Log, type LogStreams } from '../../../sdk/log/index.js'
import { decodeLogRecord, encodeLogRecord } from '../../../sdk/protocol/log-record.js'
import { Random } from '../../support/random.js'
import { repair } from '../../../sdk/log/repair.js'
import { createReplica, join as joinReplicas, TestTime } from './replication-world.js'
import { collect, createDevice, texts, type Device } from './setup.js'

const RECORD = 5
const TILE = 6

const sdkOf = (device: Device): SDK => {
  const sdk = new SDK({ storage: device.storage })
  onTestFinished(() => sdk.close())
  return sdk
}

/** Joins two, until the result is called. */
const join = (one: SDK, other: SDK): (() => void) => {
  const [there, back] = [0, 1].map(() => new TransformStream()) as unknown as [LogStreams, LogStreams]
  const { signal, abort } = withAbort()
  void one.replicate({ readable: back.readable, writable: there.writable }, { signal }).catch(() => undefined)
  void other.replicate({ readable: there.readable, writable: back.writable }, { signal }).catch(() => undefined)
  return abort
}

const withAbort = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

const open = (sdk: SDK, address: string, sparse = false): Log<'utf-8'> =>
  new sdk.Log(address, { valueEncoding: 'utf-8', sparse })

/** A writer and a replica with all blocks, apart from each other. */
const pair = async (...goes: number[]) => {
  const [writing, reading] = [createDevice(), createDevice()]
  const [one, other] = [sdkOf(writing), sdkOf(reading)]
  const log = open(one, 'log')
  let length = 0
  for (const count of goes) {
    await log.append(texts(count, length))
    length += count
  }
  const copy = open(other, log.url)
  const cut = join(one, other)
  await copy.update()
  await copy.download()
  cut()
  await log.close()
  await copy.close()
  return { writing, reading, one, other, url: log.url, length }
}

const change = async (
  device: Device,
  kind: number,
  which: number,
  how: (value: Uint8Array) => Uint8Array | null,
): Promise<void> => {
  const storage = device.place.open()
  const entries = await storage.range(Uint8Array.of(kind), Uint8Array.of(kind + 1), 1_000)
  const entry = entries.at(which)
  if (entry === undefined) throw new Error('there is no such entry')
  await storage.write([{ key: entry.key, value: how(entry.value) }], { durability: 'strict' })
  await storage.close()
}

const flip = (value: Uint8Array, bit: number): Uint8Array => {
  const flipped = value.slice()
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
  return flipped
}

describe('a log that is audited with repair', () => {
  it('is sound when it was', async () => {
    const { one } = await pair(5)
    const report = await open(one, 'log').audit({ repair: true })
    expect(report).toEqual({ isSound: true, checked: 5, damaged: [], repaired: [] })
  })

  it.each(['replica', 'writer'] as const)(
    'gets every record of a %s back from the other, whichever of its bits is another one',
    async (who) => {
      const { writing, reading, one, other, url, length } = await pair(70, 3, 1, 9)
      const [device, damaged, sound] = who === 'writer' ? [writing, one, other] : [reading, other, one]
      const random = new Random(`repair ${who}`)
      const kept = open(sound, url)
      await kept.ready()
      for (let go = 0; go < 24; go++) {
        const which = random.integer(0, who === 'writer' ? 4 : 1)
        await change(device, RECORD, which, (value) => flip(value, random.integer(0, value.length * 8 - 1)))
        const log = open(damaged, url)
        const found = await log.audit()
        expect(found.isSound, `go ${go}`).toBe(false)
        const cut = join(damaged, sound)
        const report = await log.audit({ repair: true, timeoutMs: 20_000 })
        expect(report, `go ${go}`).toEqual({ ...found, isSound: true, repaired: found.damaged })
        expect(await log.audit()).toEqual({ isSound: true, checked: length, damaged: [], repaired: [] })
        expect(await collect(log.createReadStream())).toEqual(texts(length))
        expect(log.byteLength).toBe(texts(length).join('').length)
        expect(await log.seek(log.byteLength - 1)).toMatchObject({ index: length - 1 })
        cut()
        await log.close()
      }
    },
    60_000,
  )

  it('gets records back that are gone, with the edge of the tree, and a writer goes on', async () => {
    const { writing, one, other, url } = await pair(64, 6, 1)
    for (const which of [0, -1, -1]) await change(writing, RECORD, which, () => null)
    const log = open(one, 'log')
    await expect(log.append('more')).rejects.toMatchObject({ code: 'log-damaged' })
    const copy = open(other, url)
    await copy.ready()
    join(one, other)
    const report = await log.audit({ repair: true })
    expect([report.isSound, report.repaired.length]).toEqual([true, 71])
    expect(await log.append('more')).toEqual({
      index: 71,
      length: 72,
      byteLength: texts(71).join('').length + 4,
    })
    await vi.waitFor(() => expect(copy.length).toBe(72))
    expect([await copy.get(71), copy.fork, log.fork]).toEqual(['more', null, null])
  })

  it('keeps what nobody else has, and says so', async () => {
    const { writing, one } = await pair(10)
    await change(writing, RECORD, 0, (value) => flip(value, (value.length - 1) * 8))
    const log = open(one, 'log')
    const report = await log.audit({ repair: true, timeoutMs: 50 })
    expect(report).toEqual({ isSound: false, checked: 10, damaged: [9], repaired: [] })
    await expect(log.get(9)).rejects.toMatchObject({ code: 'log-damaged' })
    expect(await log.get(8)).toBe('text 8')
    const reason = new Error('enough')
    await expect(log.audit({ repair: true, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const later = new AbortController()
    const repairing = log.audit({ repair: true, signal: later.signal })
    later.abort(reason)
    await expect(repairing).rejects.toBe(reason)
  })

  it.each([
    ['a node that is another one', (value: Uint8Array) => flip(value, (value.length - 500) * 8)],
    ['a form that cannot be read', (value: Uint8Array) => flip(value, 0)],
  ])('of the writer keeps a record with %s as it is until a peer has brought it', async (_what, how) => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(64))
    await writer.log.append(texts(6, 64))
    const peer = await createReplica('peer', time, writer.log.url, { isEager: true })
    const [wire] = joinReplicas(writer, peer)
    await vi.waitFor(async () => expect(await peer.log.has(0, 70)).toBe(true))
    wire.cut()
    await writer.log.close()
    await change(writer.device, RECORD, 0, how)
    const stored = async () => writer.device.place.open().range(Uint8Array.of(RECORD), Uint8Array.of(RECORD + 1), 10)
    const before = await stored()

    const again = await createReplica('again', time, writer.log.url, { device: writer.device })
    const found = await again.log.audit()
    expect(found.damaged.length).toBeGreaterThan(0)
    // It says that it has all, and brings nothing.
    const [, theirs] = joinReplicas(again, peer)
    theirs.change = (frame) => (frame.type === 'data' ? [] : [frame])
    const { signal } = new AbortController()
    const report = await repair(again.core, again.swarm, 300, signal)
    expect(theirs.sent.filter(({ type }) => type === 'data')).not.toEqual([])
    expect(report).toEqual(found)
    expect(await stored()).toEqual(before)
    expect(again.core.state.presence.count(70)).toBe(70)

    theirs.cut()
    joinReplicas(again, peer)
    expect(await repair(again.core, again.swarm, 20_000, signal)).toMatchObject({
      isSound: true,
      repaired: found.damaged,
    })
    expect(await again.log.append('and on')).toMatchObject({ index: 70, byteLength: texts(70).join('').length + 6 })
  })

  it('tells peers what it lets go of, and gets it later when they come later', async () => {
    const { reading, one, other, url } = await pair(20)
    await change(reading, RECORD, 0, (value) => flip(value, (value.length - 1) * 8))
    const copy = open(other, url)
    expect(await copy.audit({ repair: true, timeoutMs: 20 })).toMatchObject({ damaged: [19], repaired: [] })
    expect([await copy.has(19), await copy.has(0, 19)]).toEqual([false, true])
    const log = open(one, 'log')
    await log.ready()
    join(one, other)
    await vi.waitFor(async () => expect(await copy.has(19)).toBe(true))
    expect(await copy.audit()).toMatchObject({ isSound: true, checked: 20 })
  })

  it('gets nodes of a sparse replica back that prove its blocks', async () => {
    const device = createDevice()
    const [one, other] = [sdkOf(createDevice()), sdkOf(device)]
    const log = open(one, 'log')
    await log.append(texts(200))
    const random = new Random('tiles')
    join(one, other)
    const first = open(other, log.url, true)
    for (const index of [3, 77, 150]) await first.get(index)
    await first.close()
    let [missed, repaired] = [0, 0]
    for (let go = 0; go < 12; go++) {
      const which = random.integer(0, 1)
      await change(device, TILE, which, (value) => flip(value, random.integer(0, value.length * 8 - 1)))
      const copy = open(other, log.url, true)
      const found = await copy.audit()
      const report = await copy.audit({ repair: true, timeoutMs: 2_000 })
      if (found.isSound) missed++
      if (report.isSound) repaired++
      // It never says that all is sound where it is not.
      expect((await copy.audit()).isSound, `go ${go}`).toBe(report.isSound)
      for (const index of [3, 77, 150]) expect(await copy.get(index)).toBe(`text ${index}`)
      await copy.close()
    }
    expect([repaired, missed]).toEqual([12, 0])
  })

  it('is not misled by what a record says of itself', async () => {
    const { reading, one, other, url } = await pair(10)
    await change(reading, RECORD, 0, (value) => {
      const record = decodeLogRecord(value)
      return encodeLogRecord({ ...record, nodes: record.nodes.map((node, at) => (at === 5 ? flip(node, 0) : node)) })
    })
    const log = open(one, 'log')
    await log.ready()
    join(one, other)
    const copy = open(other, url)
    const report = await copy.audit({ repair: true })
    expect([report.isSound, report.repaired]).toEqual([true, report.damaged])
  })
})
