import { describe, expect, it } from 'vitest'
import { loadSodium, logKeysOf, signLogHead } from '../../../sdk/crypto/index.js'
import { Log, memoryStorage, SkeinError } from '../../../sdk/log/index.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { decodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { collect, createDevice, keyOf, texts, type Device } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

/** Has a log find that its writer has signed another history of as many blocks. */
const forkOf = async (device: Device, log: Log<'utf-8'>): Promise<Uint8Array> => {
  const storage = device.place.open()
  const [writer] = await storage.range(Uint8Array.of(2), Uint8Array.of(3), 1)
  await storage.close()
  if (writer === undefined) throw new Error('the device is no writer')
  const sodium = await loadSodium()
  const { publicKey: key, secretKey } = logKeysOf(sodium, decodeLogWriter(writer.value).seed)
  await log.compare(signLogHead(sodium, secretKey, { key, size: log.length, root: new Uint8Array(32) }))
  if (log.fork === null) throw new Error('no fork was found')
  return log.fork
}

describe('a new log', () => {
  it('has a key of its own, its writer here, and nothing in it', async () => {
    const { log } = createDevice()
    const [one, other] = [log(null), log(null)]
    expect([one.key, one.url, one.id, one.writable, one.length, one.signedHead]).toEqual([null, '', '', false, 0, null])
    await Promise.all([one.ready(), other.ready()])
    expect(keyOf(one)).toHaveLength(32)
    expect(keyOf(one)).not.toEqual(keyOf(other))
    expect(one.url).toBe(`skein://log/${encodeBase64url(keyOf(one))}`)
    expect(one.id).toHaveLength(43)
    expect(one.url).not.toContain(one.id)
    expect([one.writable, one.length, one.byteLength, one.signedHead, one.fork]).toEqual([true, 0, 0, null, null])
    expect(await one.head()).toBeUndefined()
    expect(await collect(one.createReadStream())).toEqual([])
    expect(await one.audit()).toEqual({ isSound: true, checked: 0, damaged: [], repaired: [] })
  })

  it('is found again by its key and its URL, and its writer is still here', async () => {
    const { log } = createDevice()
    const first = log(null)
    await first.append('hello')
    await first.close()
    for (const address of [keyOf(first), first.url]) {
      const again = log(address)
      expect(await again.get(0)).toBe('hello')
      expect([again.writable, again.length]).toEqual([true, 1])
      await again.close()
    }
  })
})

describe('a log by name', () => {
  it('is made once, and the same from then on, for names that Unicode holds to be the same', async () => {
    const { log } = createDevice()
    const first = log('caf\u00e9')
    await first.append('hello')
    await first.close()
    const again = log('cafe\u0301')
    expect(await again.get(0)).toBe('hello')
    expect(keyOf(again)).toEqual(keyOf(first))
    const other = log('tea')
    await other.ready()
    expect(other.length).toBe(0)
  })

  it('is one for all that make it at once, in other processes too', async () => {
    const device = createDevice()
    const processes = [device, createDevice(device.place), createDevice(device.place)]
    const logs = processes.flatMap(({ log }) => [log('diary'), log('diary')])
    await Promise.all(logs.map((each) => each.ready()))
    expect(new Set(logs.map(({ url }) => url)).size).toBe(1)
  })
})

describe('the log of another device', () => {
  it('is empty and cannot be appended to', async () => {
    const writer = createDevice().log()
    await writer.append('mine')
    const reader = createDevice().log(writer.url)
    await expect(reader.append('yours')).rejects.toEqual(code('log-read-only'))
    expect([reader.writable, reader.length]).toEqual([false, 0])
    await expect(reader.get(0, { wait: false })).rejects.toEqual(code('block-missing'))
  })
})

describe('what is no log', () => {
  const key = encodeBase64url(new Uint8Array(32).fill(7))
  it.each([
    ['a key that is too short', new Uint8Array(31)],
    ['an empty name', ''],
    ['a long name', 'x'.repeat(65)],
    ['half a character', '\ud83d'],
    ['a key in base64url', key],
    ['a key in hex', 'ab'.repeat(32)],
    ['the URL of something else', 'https://example.org'],
    ['a URL with half a key', `skein://log/${key.slice(1)}`],
    ['a URL with more than a key', `skein://log/${key}/x`],
    ['the key of a group', `sk1_${key}`],
    ['an identity', `skid1_${key}`],
  ])('is refused with a RangeError, unquoted: %s', (_what, address) => {
    const make = () => new Log(address)
    expect(make).toThrow(RangeError)
    if (typeof address === 'string' && address.length > 2) expect(make).not.toThrow(address)
  })

  it.each([[undefined], [7], [{}], [new ArrayBuffer(32)]])('is refused with a TypeError: %s', (address) => {
    expect(() => new Log(address as never)).toThrow(TypeError)
  })

  it('are options of other kinds', () => {
    expect(() => new Log(null, { valueEncoding: 'xml' as never })).toThrow(TypeError)
    expect(() => new Log(null, { storage: {} as never })).toThrow(TypeError)
    expect(() => new Log(null, { sparse: 1 } as never)).toThrow(TypeError)
    expect(() => new Log(null, { lazy: true } as never)).toThrow(TypeError)
    expect(() => new Log(null, { sdk: {} as never })).toThrow(TypeError)
    expect(() => new Log(null, { extensions: [''] })).toThrow(RangeError)
    expect(() => new Log(null, { extensions: { x: {} as never } })).toThrow(TypeError)
    expect(() => new Log(null, { encryptionKey: 'secret' as never })).toThrow(TypeError)
    expect(() => new Log(null, { encryptionKey: new Uint8Array(16) })).toThrow(RangeError)
  })
})

describe('values', () => {
  it('are given as they were appended, one or many, in every encoding', async () => {
    const { log } = createDevice()
    const json = log(null, { valueEncoding: 'json' })
    const values = [{ a: [1, { b: null }] }, 'text', 0, null, true, [1, 2], '']
    expect(await json.append({ first: true })).toEqual({ index: 0, length: 1, byteLength: 14 })
    expect(await json.append(values)).toMatchObject({ index: 1, length: 8 })
    expect(await collect(json.createReadStream())).toEqual([{ first: true }, ...values])
    const text = log(null, { valueEncoding: 'utf-8' })
    expect(await text.append(['', '\ufeffa\u{1f600}'])).toEqual({ index: 0, length: 2, byteLength: 8 })
    expect(await collect(text.createReadStream())).toEqual(['', '\ufeffa\u{1f600}'])
    const binary = log(null, { valueEncoding: 'binary' })
    await binary.append([Uint8Array.of(), Uint8Array.of(0, 255)])
    expect(await collect(binary.createReadStream())).toEqual([Uint8Array.of(), Uint8Array.of(0, 255)])
    expect(await text.head()).toBe('\ufeffa\u{1f600}')
  })

  it('are copied when handed in, and when handed out', async () => {
    const { log } = createDevice()
    const binary = log(null, { valueEncoding: 'binary' })
    const bytes = Uint8Array.of(1, 2, 3)
    const appending = binary.append(bytes)
    bytes.fill(9)
    await appending
    const given = await binary.get(0)
    expect(given).toEqual(Uint8Array.of(1, 2, 3))
    given.fill(8)
    expect(given.buffer.byteLength).toBe(3)
    expect(await binary.get(0)).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('of another encoding are refused with a TypeError', () => {
    const { log } = createDevice()
    expect(() => log(null, { valueEncoding: 'binary' }).append('text' as never)).toThrow(TypeError)
    expect(() => log(null, { valueEncoding: 'utf-8' }).append(7 as never)).toThrow(TypeError)
    expect(() => log(null, { valueEncoding: 'utf-8' }).append('\ud83d')).toThrow(TypeError)
    expect(() => log(null, { valueEncoding: 'json' }).append(() => 7)).toThrow(TypeError)
    expect(() => log(null, { valueEncoding: 'json' }).append(7n)).toThrow(TypeError)
  })

  it('that are read in another encoding are value-invalid', async () => {
    const device = createDevice()
    const binary = device.log(null, { valueEncoding: 'binary' })
    await binary.append(Uint8Array.of(0xff))
    for (const valueEncoding of ['json', 'utf-8'] as const) {
      const other = device.log(keyOf(binary), { valueEncoding })
      await expect(other.get(0)).rejects.toEqual(code('value-invalid'))
    }
  })

  it('are at most as large as a block', async () => {
    const { log } = createDevice()
    const binary = log(null, { valueEncoding: 'binary' })
    await binary.append(new Uint8Array(61_440))
    await expect(binary.append([new Uint8Array(1), new Uint8Array(61_441)])).rejects.toEqual(code('block-too-large'))
    expect(binary.length).toBe(1)
  })
})

describe('a log', () => {
  it('holds what was appended to it in 300 goes of all sizes, also when it is opened again', async () => {
    const { log } = createDevice()
    const first = log('many')
    const expected: string[] = []
    for (let go = 0; go < 300; go++) {
      const values = texts(1 + ((go * 7) % 130), expected.length)
      expected.push(...values)
      await first.append(values)
    }
    expect(first.length).toBe(expected.length)
    expect(first.byteLength).toBe(expected.join('').length)
    await first.close()
    const again = log('many')
    expect(await collect(again.createReadStream())).toEqual(expected)
    expect([again.length, again.byteLength]).toEqual([first.length, first.byteLength])
    expect(await again.audit()).toEqual({ isSound: true, checked: expected.length, damaged: [], repaired: [] })
  })

  it('appends nothing when it is given nothing', async () => {
    const { log, watched } = createDevice()
    const one = log()
    await one.append('a')
    const writes = watched().writes.length
    expect(await one.append([])).toEqual({ index: 1, length: 1, byteLength: 1 })
    expect(watched().writes).toHaveLength(writes)
  })

  it('tells its listeners, of all its handles, when it grows', async () => {
    const { log } = createDevice()
    const [one, other] = [log('news'), log('news')]
    const heard: unknown[] = []
    one.on('length:change', (event) => heard.push(['one', event]))
    const off = other.on('length:change', (event) => heard.push(['other', event]))
    await Promise.all([one.ready(), other.ready()])
    await one.append(['a', 'b'])
    off()
    await other.append('c')
    expect(heard).toEqual([
      ['one', { previous: 0, next: 2 }],
      ['other', { previous: 0, next: 2 }],
      ['one', { previous: 2, next: 3 }],
    ])
  })

  it('shows what another page or process appends, and freezes when that finds a fork', async () => {
    const device = createDevice()
    const [mine, theirs] = [device.log('shared'), createDevice(device.place).log('shared')]
    await Promise.all([mine.ready(), theirs.ready()])
    const seen = mine.createReadStream({ live: true }).getReader()
    const reading = seen.read()
    await theirs.append(['a', 'b'])
    expect(await reading).toEqual({ done: false, value: 'a' })
    expect([mine.length, mine.signedHead]).toEqual([2, theirs.signedHead])
    await seen.cancel()
    const found = new Promise((resolve) => mine.on('log:fork', resolve))
    const evidence = await forkOf(device, theirs)
    expect(await found).toEqual({ evidence })
    await expect(mine.append('c')).rejects.toEqual(code('log-forked'))
  })

  it('reports what a listener throws, and what nobody awaited, as error', async () => {
    const { log, watched } = createDevice()
    const one = log()
    const errors: unknown[] = []
    one.on('error', ({ error }) => errors.push(error))
    one.on('length:change', () => {
      throw new Error('of a listener')
    })
    await one.append('a')
    watched().beforeWrite = () => Promise.reject(new SkeinError('storage-full', 'full'))
    void one.append('b')
    await expect(one.append('c')).rejects.toEqual(code('storage-full'))
    expect(errors.map((error) => (error as Error).message)).toEqual(['of a listener', 'full', 'full'])
  })

  it('in a memory of its own shares it with nobody', async () => {
    const [one, other] = [memoryStorage(), memoryStorage()]
    const log = new Log('same', { valueEncoding: 'utf-8', storage: one })
    await log.append('a')
    const another = new Log('same', { valueEncoding: 'utf-8', storage: other })
    await another.ready()
    expect(another.length).toBe(0)
    await Promise.all([log.close(), another.close()])
  })
})
