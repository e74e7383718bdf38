import { describe, expect, it } from 'vitest'
import { createTreeHash, loadSodium, logKeysOf, signLogHead } from '../../../sdk/crypto/index.js'
import type { BlockStorage, StoredEntry } from '../../../sdk/platform/block-storage.js'
import type { Log } from '../../../sdk/log/index.js'
import { consistencyRanges } from '../../../sdk/log/tree/proofs.js'
import { decodeLogFork, encodeLogFork } from '../../../sdk/protocol/log-fork.js'
import { decodeLogRecord } from '../../../sdk/protocol/log-record.js'
import { decodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { KnownTree } from './known-tree.js'
import { collect, createDevice, keyOf, texts, type Device } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown
const NAME = 1
const WRITER = 2
const HEAD = 3
const FORK = 4
const RECORD = 5
const PRESENCE = 7

const entriesOf = async (storage: BlockStorage, kind: number): Promise<readonly StoredEntry[]> =>
  storage.range(Uint8Array.of(kind), Uint8Array.of(kind + 1), 1_000)

/** Changes what is stored behind the back of whoever has it open. */
const tamper = async (
  device: Device,
  kind: number,
  which: number,
  change: (value: Uint8Array) => Uint8Array | null,
): Promise<void> => {
  const storage = device.place.open()
  const { key, value } = (await entriesOf(storage, kind)).at(which) as StoredEntry
  await storage.write([{ key, value: change(value) }], { durability: 'strict' })
  await storage.close()
}

const flip = (value: Uint8Array, bit: number): Uint8Array => {
  const flipped = value.slice()
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
  return flipped
}

/** Closed, so that it is read anew. */
const filled = async (...goes: number[]) => {
  const device = createDevice()
  const log = device.log('filled')
  let length = 0
  for (const count of goes) {
    await log.append(texts(count, length))
    length += count
  }
  await log.close()
  return { device, url: log.url, head: log.signedHead as Uint8Array, key: keyOf(log) }
}

describe('audit', () => {
  it('finds every flipped bit of a record, and no block that is sound is given as another', async () => {
    const { device } = await filled(3, 2)
    const storage = device.place.open()
    const [record] = await entriesOf(storage, RECORD)
    await storage.close()
    const bits = (record as StoredEntry).value.length * 8
    const missed: number[] = []
    for (let bit = 0; bit < bits; bit++) {
      await tamper(device, RECORD, 0, (value) => flip(value, bit))
      const log = device.log('filled')
      const { isSound } = await log.audit()
      if (isSound) missed.push(bit)
      for (let index = 0; index < 5; index++) {
        const value = await log.get(index, { wait: false }).catch(() => null)
        if (value !== null && value !== `text ${index}`) missed.push(bit)
      }
      await log.close()
      await tamper(device, RECORD, 0, (value) => flip(value, bit))
    }
    expect(missed).toEqual([])
    expect(await device.log('filled').audit()).toEqual({ isSound: true, checked: 5, damaged: [], repaired: [] })
  })

  it('names the block whose bytes are others, alone', async () => {
    const { device } = await filled(200)
    await tamper(device, RECORD, 1, (value) => flip(value, (value.length - 1) * 8))
    const log = device.log('filled')
    expect(await log.audit()).toEqual({ isSound: false, checked: 200, damaged: [127], repaired: [] })
    await expect(log.get(127)).rejects.toEqual(code('log-damaged'))
    expect(await log.get(126)).toBe('text 126')
  })

  it('names the blocks of a record that is gone or cannot be read', async () => {
    const { device } = await filled(200)
    await tamper(device, RECORD, 1, () => null)
    const expected = {
      isSound: false,
      checked: 136,
      damaged: Array.from({ length: 64 }, (_, at) => 64 + at),
      repaired: [],
    }
    const log = device.log('filled')
    expect(await log.audit()).toEqual(expected)
    await expect(log.get(64, { wait: false })).rejects.toEqual(code('block-missing'))
    await log.close()
    await tamper(device, RECORD, 0, (value) => value.subarray(0, 40))
    expect(await device.log('filled').audit()).toMatchObject({ isSound: false, checked: 72 })
  })

  it('ends with the reason of its signal', async () => {
    const { device } = await filled(1)
    const reason = new Error('enough')
    await expect(device.log('filled').audit({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('a log that is opened', () => {
  it('J10: reads as many records as its size has 1s, and few more', async () => {
    const reads: number[] = []
    for (const size of [64, 16_384, 65_535]) {
      const { device } = await filled(size)
      const log = device.log('filled')
      await log.ready()
      reads.push(device.watched().reads)
      await log.close()
    }
    expect(reads[0]).toBeLessThanOrEqual(7)
    expect(reads[1]).toBe(reads[0])
    expect(reads[2]).toBeLessThanOrEqual((reads[0] as number) + 16)
  })

  it('is refused when its head is not signed by its key', async () => {
    const { device } = await filled(3)
    await tamper(device, HEAD, 0, (value) => flip(value, 36 * 8))
    await expect(device.log('filled').ready()).rejects.toEqual(code('log-damaged'))
    await tamper(device, HEAD, 0, (value) => value.subarray(1))
    await expect(device.log('filled').get(0)).rejects.toEqual(code('log-damaged'))
  })

  it('is refused when its secret cannot be read', async () => {
    const { device } = await filled(3)
    await tamper(device, WRITER, 0, (value) => value.subarray(1))
    await expect(device.log('filled').ready()).rejects.toEqual(code('log-damaged'))
  })

  it.each([
    ['the last block is another one', (value: Uint8Array) => flip(value, (value.length - 1) * 8)],
    ['a node of its tree is another one', (value: Uint8Array) => flip(value, value.length * 8 - 8 * 8 - 1)],
    ['its last record cannot be read', (value: Uint8Array) => value.subarray(2)],
    ['its last record is gone', () => null],
  ])('J10: is not appended to when %s, and what is sound can be read', async (_what, change) => {
    const { device } = await filled(64, 1)
    await tamper(device, RECORD, -1, change)
    const log = device.log('filled')
    await expect(log.append('more')).rejects.toEqual(code('log-damaged'))
    await expect(log.append([])).rejects.toEqual(code('log-damaged'))
    expect([log.length, log.byteLength]).toEqual([65, 0])
    expect(await log.get(63)).toBe('text 63')
    expect(await log.audit()).toMatchObject({ isSound: false })
  })
})

describe('a bit that flips in what is stored of a log beside its blocks', () => {
  /** What somebody finds who opens the log by its name: the code that it is refused with, or what is in it. */
  const find = async (device: Device): Promise<unknown> => {
    const log = device.log('filled')
    try {
      await log.append([])
      return { values: await collect(log.createReadStream()), isSound: (await log.audit()).isSound }
    } catch (error) {
      return (error as { code?: string }).code ?? error
    } finally {
      await log.close()
    }
  }

  it.each([
    ['its name', NAME],
    ['its secret', WRITER],
    ['its head', HEAD],
  ])('is found in %s, whichever it is, and what was appended is there again without it', async (_what, kind) => {
    const { device } = await filled(3, 2)
    const storage = device.place.open()
    const [entry] = await entriesOf(storage, kind)
    await storage.close()
    const bits = (entry as StoredEntry).value.length * 8
    // One bit of the secret says that it was restored: then the log waits to be recovered.
    const refusals: unknown[] = ['log-damaged', 'log-restored']
    const others: unknown[] = []
    for (let bit = 0; bit < bits; bit++) {
      await tamper(device, kind, 0, (value) => flip(value, bit))
      const found = await find(device)
      if (!refusals.includes(found)) others.push([bit, found])
      await tamper(device, kind, 0, (value) => flip(value, bit))
    }
    expect(others).toEqual([])
    expect(await find(device)).toEqual({ values: texts(5), isSound: true })
  })

  it('takes nothing away in what says which blocks are here, or is found', async () => {
    const { device } = await filled(3, 2)
    const log = device.log('filled')
    await log.clear(1, 4)
    await log.close()
    const storage = device.place.open()
    const [entry] = await entriesOf(storage, PRESENCE)
    await storage.close()
    const there = ['text 0', 'block-missing', 'block-missing', 'block-missing', 'text 4']
    const damaged = there.map(() => 'log-damaged')
    for (let bit = 0; bit < (entry as StoredEntry).value.length * 8; bit++) {
      await tamper(device, PRESENCE, 0, (value) => flip(value, bit))
      const opened = device.log('filled')
      const found: unknown[] = []
      for (let index = 0; index < 5; index++) {
        found.push(await opened.get(index, { wait: false }).catch((error: unknown) => (error as { code: string }).code))
      }
      await opened.close()
      expect([there, damaged]).toContainEqual(found)
      await tamper(device, PRESENCE, 0, (value) => flip(value, bit))
    }
  })
})

describe('a log whose tree is another one than was signed', () => {
  it('J10: is not appended to, though its last block is sound', async () => {
    const { device } = await filled(64, 1)
    const bytes = texts(64).join('').length
    await tamper(device, RECORD, 0, (value) => flip(value, (value.length - bytes - 1) * 8))
    const log = device.log('filled')
    await expect(log.append('more')).rejects.toEqual(code('log-damaged'))
    expect(await log.get(64)).toBe('text 64')
    expect(await log.audit()).toEqual({ isSound: false, checked: 65, damaged: [63], repaired: [] })
  })
})

/** The secret of a device on another one, as after a backup was restored, with what it had by then. */
const restored = async (device: Device): Promise<Device> => {
  const [from, copy] = [device.place.open(), createDevice()]
  const to = copy.place.open()
  const all = await from.range(Uint8Array.of(0), Uint8Array.of(255), 1_000)
  await to.write(all, { durability: 'strict' })
  await Promise.all([from.close(), to.close()])
  return copy
}

const headOf = (log: Log<'utf-8'>): Uint8Array => log.signedHead as Uint8Array

describe('a fork', () => {
  const forkedPair = async (shared: number, mine: number, theirs: number) => {
    const { device, key } = await filled(shared)
    const copy = await restored(device)
    const [one, other] = [device.log('filled'), copy.log('filled')]
    await one.append(texts(mine, 1_000))
    await other.append(texts(theirs, 2_000))
    return { device, key, one, other }
  }

  it('is none while one log is the beginning of the other', async () => {
    const { device, head } = await filled(3)
    const log = device.log('filled')
    expect(await log.compare(head)).toBe('same')
    await log.append('more')
    expect(await log.compare(head)).toBe('older')
    const copy = createDevice().log(log.url)
    expect(await copy.compare(head)).toBe('newer')
    expect([log.fork, copy.fork]).toEqual([null, null])
  })

  it.each([
    [3, 2, 2],
    [5, 4, 1],
    [1, 40, 7],
    [7, 9, 1],
    [63, 2, 1],
    [0, 3, 3],
  ])('J9: freezes the log for good, with evidence: %i blocks shared, then %i here and %i there', async (...sizes) => {
    const { device, key, one, other } = await forkedPair(...sizes)
    const told: unknown[] = []
    one.on('log:fork', ({ evidence }) => told.push(evidence))
    expect(await one.compare(headOf(other))).toBe('forked')
    const evidence = one.fork as Uint8Array
    expect(told).toEqual([evidence])
    expect(decodeLogFork(evidence).hashes.length === 0).toBe(sizes[1] === sizes[2])
    await expect(one.append('more')).rejects.toEqual(code('log-forked'))
    expect(await one.head()).toBe(`text ${1_000 + sizes[1] - 1}`)
    expect(await one.compare(headOf(other))).toBe('forked')
    expect(told).toHaveLength(1)
    await one.close()

    const again = device.log(key)
    const toldAgain: unknown[] = []
    again.on('log:fork', (event) => toldAgain.push(event.evidence))
    await expect(again.append('more')).rejects.toEqual(code('log-forked'))
    expect([again.fork, toldAgain]).toEqual([evidence, [evidence]])
    expect(await collect(again.createReadStream())).toHaveLength(sizes[0] + sizes[1])
  })

  it('J9: whose proof has another bit is a damaged log, which neither grows again nor tells peers what is not so', async () => {
    const { device, one, other } = await forkedPair(5, 4, 1)
    await one.compare(headOf(other))
    await one.close()
    const evidence = one.fork as Uint8Array
    for (let bit = 0; bit < evidence.length * 8; bit++) {
      await tamper(device, FORK, 0, (value) => flip(value, bit))
      const opened = device.log('filled')
      await expect(opened.append('more')).rejects.toEqual(code('log-damaged'))
      expect(opened.fork).toBeNull()
      await opened.close()
      await tamper(device, FORK, 0, (value) => flip(value, bit))
    }
  })

  it('J9: that another process of this device has found keeps this one from appending', async () => {
    const { device, one, other } = await forkedPair(3, 2, 2)
    const another = createDevice(device.place, { isDeaf: true }).log('filled')
    await another.ready()
    await one.compare(headOf(other))
    await expect(another.append('more')).rejects.toEqual(code('log-forked'))
    expect([another.length, another.fork]).toEqual([5, one.fork])
    await one.close()
    expect(await device.log('filled').audit()).toMatchObject({ isSound: true, checked: 5 })
  })

  it('that is shorter than what was signed elsewhere needs the blocks of the other', async () => {
    const { one, other } = await forkedPair(3, 2, 9)
    expect(await one.compare(headOf(other))).toBe('newer')
    expect(one.fork).toBeNull()
    expect(await other.compare(headOf(one))).toBe('forked')
  })

  it('J9: is believed of nobody who does not prove it', async () => {
    const { one, other } = await forkedPair(5, 4, 2)
    await one.compare(headOf(other))
    const evidence = one.fork as Uint8Array
    const { coreOf } = await import('./core.js')
    const fresh = await coreOf(createDevice().log(one.url))
    for (let byte = 0; byte < evidence.length; byte++) {
      expect(await fresh.freeze(flip(evidence, byte * 8))).toBe(false)
    }
    expect(await fresh.freeze(evidence.subarray(1))).toBe(false)
    const stranger = await coreOf(createDevice().log())
    expect(await stranger.freeze(evidence)).toBe(false)
    expect([fresh.state.fork, stranger.state.fork]).toEqual([null, null])
    expect(await fresh.freeze(evidence)).toBe(true)
    expect(fresh.state.fork).toEqual(evidence)
  })

  it('J9: is not made of two heads that agree', async () => {
    const { device, head: older } = await filled(3)
    const log = device.log('filled')
    await log.append(texts(2, 3))
    const { coreOf } = await import('./core.js')
    const core = await coreOf(log)
    expect(await core.freeze(Uint8Array.from([...older, ...older, 0]))).toBe(false)
    const tree = new KnownTree(createTreeHash(await loadSodium()), texts(5).map(encodeUtf8))
    const hashes = [tree.root(3), ...tree.proof(consistencyRanges(3, 5))]
    expect(await core.freeze(encodeLogFork({ older, newer: headOf(log), hashes }))).toBe(false)
  })

  it('is nothing that a head of another log shows, or what is no head', async () => {
    const { device, head } = await filled(3)
    const log = device.log('filled')
    const other = createDevice().log()
    await other.append('a')
    for (const bytes of [headOf(other), head.subarray(1), flip(head, 300)]) {
      await expect(log.compare(bytes)).rejects.toBeInstanceOf(RangeError)
    }
    expect(() => log.compare('head' as never)).toThrow(TypeError)
    expect(log.fork).toBeNull()
  })

  it('is found where the writer signs another root of the same size', async () => {
    const { device, head } = await filled(3)
    const storage = device.place.open()
    const [writer] = await entriesOf(storage, WRITER)
    await storage.close()
    const sodium = await loadSodium()
    const keys = logKeysOf(sodium, decodeLogWriter((writer as StoredEntry).value).seed)
    const lie = signLogHead(sodium, keys.secretKey, { key: keys.publicKey, size: 3, root: new Uint8Array(32) })
    const log = device.log('filled')
    expect(await log.compare(lie)).toBe('forked')
    expect(decodeLogFork(log.fork as Uint8Array)).toMatchObject({ older: lie, newer: head, hashes: [] })
  })
})

describe('what is stored of a log', () => {
  it('J7: are records of up to 64 blocks, each with the nodes that it completes and the bytes before it', async () => {
    const { device } = await filled(70, 1)
    const storage = device.place.open()
    const records = (await entriesOf(storage, RECORD)).map(({ value }) => decodeLogRecord(value))
    await storage.close()
    expect(records.map(({ first, lengths, nodes }) => [first, lengths.length, nodes.length])).toEqual([
      [0, 64, 127],
      [64, 6, 10],
      [70, 1, 1],
    ])
    expect(records.map(({ offset }) => offset)).toEqual(
      [64, 70].reduce((all, n) => [...all, texts(n).join('').length], [0]),
    )
  })

  it('J8: is its secret, beside its blocks and nowhere else', async () => {
    const { device, key } = await filled(1)
    const storage = device.place.open()
    const entries = await storage.range(Uint8Array.of(0), Uint8Array.of(255), 100)
    await storage.close()
    expect(entries.map((entry) => entry.key[0])).toEqual([1, 2, 3, 5])
    const writer = entries[1] as StoredEntry
    expect(writer.key.subarray(1)).toEqual(key)
    const secret = Buffer.from(decodeLogWriter(writer.value).seed).toString('hex')
    const others = entries.filter((entry) => entry !== writer)
    expect(others.some(({ value }) => Buffer.from(value).toString('hex').includes(secret))).toBe(false)
  })
})
