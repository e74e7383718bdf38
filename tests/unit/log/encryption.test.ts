import { describe, expect, it } from 'vitest'
import { collect, createDevice, keyOf, texts } from './setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown
const encryptionKey = new Uint8Array(32).fill(5)
const otherKey = new Uint8Array(32).fill(6)

const setup = async () => {
  const device = createDevice()
  const log = device.log('secret', { encryptionKey })
  await log.append(['a secret that nobody may read', 'another one'])
  return { device, log }
}

describe('an encrypted log', () => {
  it('J6: is read with its key, and none of what it says is stored as it is', async () => {
    const { device, log } = await setup()
    expect([log.length, log.byteLength]).toEqual([2, 40])
    expect(await log.seek(30)).toEqual({ index: 1, offset: 1 })
    expect(await log.seek(28)).toEqual({ index: 0, offset: 28 })
    await log.close()
    const storage = device.place.open()
    const stored = await storage.range(Uint8Array.of(0), Uint8Array.of(255), 100)
    await storage.close()
    const all = Buffer.concat(stored.map(({ value }) => value))
    expect(all.includes('secret')).toBe(false)
    expect(all.includes(Buffer.from(encryptionKey))).toBe(false)
    expect(await collect(device.log('secret', { encryptionKey }).createReadStream())).toEqual([
      'a secret that nobody may read',
      'another one',
    ])
  })

  it('is kept by who does not have the key, who cannot read or append', async () => {
    const { device, log } = await setup()
    const blind = device.log(keyOf(log), { valueEncoding: 'binary' })
    expect(await blind.get(0)).toHaveLength(29 + 40)
    expect(blind.byteLength).toBe(40 + 80)
    expect(await blind.audit()).toEqual({ isSound: true, checked: 2, damaged: [], repaired: [] })
    await expect(blind.append(Uint8Array.of(1))).rejects.toEqual(code('encryption-key-wrong'))
    expect(await blind.clear(0)).toBe(29 + 40)
    await expect(device.log(keyOf(log)).get(1)).rejects.toEqual(code('value-invalid'))
  })

  it('is not opened by its writer under another key', async () => {
    const { device, log } = await setup()
    await log.close()
    await expect(device.log('secret', { encryptionKey: otherKey }).ready()).rejects.toEqual(
      code('encryption-key-wrong'),
    )
    const plain = device.log('plain')
    await plain.append('a')
    await expect(device.log('plain', { encryptionKey }).ready()).rejects.toEqual(code('encryption-key-wrong'))
  })

  it('goes on under its key when it is opened again', async () => {
    const { device, log } = await setup()
    await log.close()
    const again = device.log('secret', { encryptionKey })
    await again.append(texts(100))
    expect(await again.get(101)).toBe('text 99')
    const session = await again.session()
    await session.append('of a session')
    expect(await again.head()).toBe('of a session')
    await session.close()
  })

  it('has blocks that are 40 bytes smaller at most', async () => {
    const { log } = createDevice()
    const binary = log(null, { valueEncoding: 'binary', encryptionKey })
    await binary.append(new Uint8Array(61_400))
    await expect(binary.append(new Uint8Array(61_401))).rejects.toEqual(code('block-too-large'))
    expect(await binary.get(0)).toEqual(new Uint8Array(61_400))
  })

  it('does not heed what becomes of the bytes of the key', async () => {
    const { log } = createDevice()
    const key = encryptionKey.slice()
    const one = log(null, { encryptionKey: key })
    key.fill(0)
    await one.append('a')
    expect(await log(one.url, { encryptionKey }).get(0)).toBe('a')
  })
})
