import { describe, expect, it, vi } from 'vitest'
import { memoryStorage, Store } from '../../../sdk/log/index.js'
import { storeEntry } from '../../../sdk/log/layout.js'
import { decodeStoreRecord } from '../../../sdk/protocol/store-record.js'
import { createDevice, keyOf, type Device } from './setup.js'
import { connect, createSdk, createStore, textLog } from './store-setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

const isRestored = async (device: Device, store: Store): Promise<boolean | null> => {
  const record = await device.watched().get(storeEntry(keyOf(store)))
  return record && decodeStoreRecord(record).isRestored
}

/** Written by the first version that had them, but for the words, which are BIP39's own vector. What it wrote is read for ever. */
const frozen = {
  phrase: `${'legal winner thank year wave sausage worth useful '.repeat(2)}legal winner thank year wave sausage worth title`,
  plain: 'sks1_AQB_f39_f39_f39_f39_f39_f39_f39_f39_f39_f39_f5Y-Yiw',
  sealed:
    'sks1_AQFQVkRLxZlI7l04M3AJF66HSrDmLXUAeCftz2tjRh2cA-CyvjeHk-sQa1INJCw8U1ByES_jKKD5GkQQkQZ0YG687J0LcyzAh3JCjB2XOWEDq_IrMDdQCugrXLZh2g',
  passphrase: 'caf\u00e9 au lait',
  key: 'BUkagEgoFzGasFgg4cfCsU3TF4w-UaiXxb46jR28XCk',
  log: 'mz3QYdLdO0Bj_k6CcX7JeK98K8vELv18dJTq0L43ru4',
}

describe('the secret of a store', () => {
  it.each(['a text', 'a sealed text', 'words'])('J29: comes back from %s, with all keys', async (kind) => {
    const store = createStore()
    const log = store.namespace('x').get('a')
    await log.ready()
    const passphrase = kind === 'a sealed text' ? 'caf\u00e9 au lait' : undefined
    const text = kind === 'words' ? await store.recoveryPhrase() : await store.export(passphrase)
    const device = createDevice()
    const again = await Store.import(kind === 'words' ? `  ${text.toUpperCase()}\n` : text, {
      storage: device.storage,
      passphrase: passphrase?.normalize('NFD'),
      name: 'mine',
    })
    await again.ready()
    const same = again.namespace('x').get('a')
    await same.ready()
    expect([again.key, again.writable, same.key]).toEqual([store.key, true, log.key])
    expect(await isRestored(device, again)).toBe(true)
    await again.close()
    const byName = createStore('mine', { storage: device.storage })
    await byName.ready()
    expect(byName.key).toEqual(store.key)
    if (kind !== 'a sealed text') expect(await byName.export()).toBe(await store.export())
  })

  it('J29: as a text is of one line, and 24 words', async () => {
    const store = createStore()
    expect(await store.export()).toMatch(/^sks1_[\w-]{51}$/)
    expect(await store.export('secret')).toMatch(/^sks1_[\w-]{126}$/)
    expect((await store.recoveryPhrase()).split(' ')).toHaveLength(24)
  })

  it('of a store that is here already changes nothing of it, but for its name', async () => {
    const device = createDevice()
    const store = createStore('one', { storage: device.storage })
    const text = await store.export()
    const again = await Store.import(text, { storage: device.storage, name: 'other' })
    await again.ready()
    expect([again.key, await isRestored(device, again)]).toEqual([store.key, false])
    const other = createStore('other', { storage: device.storage })
    await other.ready()
    expect(other.key).toEqual(store.key)
    await createStore('taken', { storage: device.storage }).ready()
    await expect(Store.import(text, { storage: device.storage, name: 'taken' })).rejects.toThrow(RangeError)
    await again.close()
  })

  it('of an SDK is shared by it', async () => {
    const [one, other] = [createSdk(), createSdk()]
    const store = createStore(null, { sdk: one })
    await textLog(store, 'a').append('hello')
    const again = await other.Store.import(await store.export())
    connect(one, other)
    await again.ready()
    expect(again).toBeInstanceOf(Store)
    expect(again.key).toEqual(store.key)
    const main = again.default()
    await main.ready()
    await vi.waitFor(() => expect(main.peers()).toHaveLength(1))
    await again.close()
  })

  it('writes to nothing that others may have more of before that is recovered', async () => {
    const [one, other] = [createSdk(), createSdk()]
    const store = createStore(null, { sdk: one })
    await store.default().append(Uint8Array.of(1))
    await textLog(store, 'a').append('from before')
    const again = await other.Store.import(await store.export())
    const [main, log] = [again.default(), textLog(again, 'a')]
    await Promise.all([main.ready(), log.ready()])
    expect([main.writable, log.writable]).toEqual([false, false])
    await expect(main.append(Uint8Array.of(7))).rejects.toMatchObject({ code: 'log-restored' })
    await expect(log.append('x')).rejects.toMatchObject({ code: 'log-restored' })
    await log.close()
    await main.close()
    connect(one, other)
    await again.recover()
    expect((await again.list()).map(({ name }) => name)).toEqual(['a'])
    const back = textLog(again, 'a')
    await expect(back.append('x')).rejects.toMatchObject({ code: 'log-restored' })
    await back.recover()
    expect((await back.append('and on')).index).toBe(1)
    expect([await back.get(0), await back.get(1)]).toEqual(['from before', 'and on'])
    expect((await again.default().append(Uint8Array.of(2))).index).toBe(1)
    const fresh = textLog(again, 'b')
    await fresh.append('new')
    expect((await again.list()).map(({ name }) => name)).toEqual(['a', 'b'])
    expect([fresh.writable, back.fork]).toEqual([true, null])
    await again.recover()
    await expect(createStore(store.url, { sdk: other }).recover({ alone: true })).resolves.toBeUndefined()
    const stranger = createStore(store.url)
    await expect(stranger.recover({ alone: true })).rejects.toMatchObject({ code: 'log-read-only' })
    await again.close()
  })

  it('is told from what is damaged or none, which no error quotes', async () => {
    const store = createStore()
    const options = { storage: memoryStorage() }
    const [text, phrase] = [await store.export(), await store.recoveryPhrase()]
    const words = phrase.split(' ')
    const sealed = await store.export('secret')
    const bad = [
      ...[0, 5, 20, text.length - 1].map(
        (at) => `${text.slice(0, at)}${text[at] === 'B' ? 'C' : 'B'}${text.slice(at + 1)}`,
      ),
      text.slice(0, -1),
      'skid1_AQCdYbGd7_1aYLqESvSS7CzEREnFaXsyaRlwO6wDHK5_YM8NJS4',
      ' ',
      words.slice(1).join(' '),
      words.slice(0, 12).join(' '),
      [...words.slice(1), 'qwertz'].join(' '),
      [...words, 'zoo'].join(' '),
    ]
    for (const each of bad) {
      const failed = (await Store.import(each, options).catch((error: unknown) => error)) as Error
      expect(failed, each).toBeInstanceOf(RangeError)
      const said = `${failed.message} ${String(failed.cause)}`
      expect([said.includes(each.trim() || '?'), /qwertz/.test(said)]).toEqual([false, false])
    }
    await expect(Store.import(sealed, options)).rejects.toEqual(code('passphrase-wrong'))
    await expect(Store.import(sealed, { ...options, passphrase: 'other' })).rejects.toEqual(code('passphrase-wrong'))
  })

  it('J26, J29: has the frozen form', async () => {
    const { passphrase } = frozen
    for (const text of [frozen.phrase, frozen.plain, frozen.sealed]) {
      const store = await Store.import(text, { storage: memoryStorage(), passphrase })
      const log = store.namespace('x').get('a')
      await log.ready()
      expect([store.url, log.url]).toEqual([`skein://store/${frozen.key}`, `skein://log/${frozen.log}`])
      expect([await store.export(), await store.recoveryPhrase()]).toEqual([frozen.plain, frozen.phrase])
      await store.close()
    }
  })
})
