import { describe, expect, it } from 'vitest'
import { loadSodium, logKeysOf, signLogHead } from '../../../sdk/crypto/index.js'
import { kdf } from '../../../sdk/crypto/kdf.js'
import { listSeedOf } from '../../../sdk/crypto/store.js'
import { Log, memoryStorage, SDK, Store, type StoreEntry } from '../../../sdk/log/index.js'
import { forkEntry, storeEntry } from '../../../sdk/log/layout.js'
import { encodeLogFork } from '../../../sdk/protocol/log-fork.js'
import { decodeStoreRecord } from '../../../sdk/protocol/store-record.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { createDevice, keyOf } from './setup.js'
import { createSdk, createStore, named, textLog } from './store-setup.js'

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown
const sodium = await loadSodium()

describe('a store', () => {
  it('opens nothing before it is used', async () => {
    const device = createDevice()
    const store = createStore('notes', { storage: device.storage })
    const log = store.get('a')
    store.default()
    store.namespace('x').get()
    expect([device.opened(), store.key, store.url, store.writable, log.key]).toEqual([0, null, '', false, null])
    await store.close()
    expect(device.opened()).toBe(0)
    await expect(log.ready()).rejects.toEqual(code('closed'))
    await expect(store.ready()).rejects.toEqual(code('closed'))
  })

  it('has the key of its default log, and is the same by its name, its key and its URLs', async () => {
    const storage = memoryStorage()
    const store = createStore('notes', { storage })
    await textLog(store, 'a').append('one')
    const main = store.default(null, { valueEncoding: 'utf-8' })
    await main.append('hello')
    expect([main.key, store.writable, store.url]).toEqual([store.key, true, main.url.replace('log', 'store')])
    const addresses = ['notes', store.url, main.url, keyOf(store)]
    await store.close()
    for (const address of addresses) {
      const again = createStore(address, { storage })
      expect(await textLog(again, 'a').get(0)).toBe('one')
      await textLog(again, 'a').append('more')
      expect(await again.default(null, { valueEncoding: 'utf-8' }).get(0)).toBe('hello')
      expect(again.writable).toBe(true)
      await again.close()
    }
    const another = createStore(null, { storage })
    await another.ready()
    expect(another.key).not.toEqual(addresses[3])
  })

  it('is made once by two pages that make it at once', async () => {
    const device = createDevice()
    const page = createDevice(device.place)
    const stores = [device, page].map(({ storage }) => createStore('notes', { storage }))
    await Promise.all(stores.map((store) => store.ready()))
    expect(stores[0]?.key).toEqual(stores[1]?.key)
    const logs = stores.map((store) => textLog(store, 'a'))
    await Promise.all(logs.map((log) => log.append('x')))
    expect(logs[0]?.key).toEqual(logs[1]?.key)
    expect(await named(createStore('notes', { storage: createDevice(device.place).storage }))).toEqual(['a'])
  })

  it('J26: has logs that follow from its seed, namespaces and names', async () => {
    const device = createDevice()
    const store = createStore(null, { storage: device.storage })
    const logs = [store.get('a'), store.namespace('a').get('b'), store.namespace('a').namespace('b').get('c')]
    for (const log of logs) await log.ready()
    const { seed, isRestored } = decodeStoreRecord((await device.watched().get(storeEntry(keyOf(store)))) ?? hash)
    expect(isRestored).toBe(false)
    const key = (own: Uint8Array) => logKeysOf(sodium, own).publicKey
    const names = [['a'], ['a', 'b'], ['a', 'b', 'c']].map((parts) => parts.map(encodeUtf8))
    expect(store.key).toEqual(key(kdf(sodium, seed, 'store-default')))
    expect(logs.map((log) => log.key)).toEqual(names.map((parts) => key(kdf(sodium, seed, 'store-log', ...parts))))
  })

  it('calls back when it is open', async () => {
    const store = createStore()
    await new Promise<void>((resolve) => void store.ready((error) => (error === null ? resolve() : undefined)))
    await expect(createStore().ready({ signal: AbortSignal.abort(new Error('mine')) })).rejects.toThrow('mine')
    const closed = createStore()
    await closed.close()
    const failure = await new Promise((resolve) => {
      closed.ready((error) => resolve(error)).catch(() => undefined)
    })
    expect(failure).toEqual(code('closed'))
  })

  it('tries again with the next call, and has not made two then', async () => {
    const device = createDevice()
    const first = createStore('other', { storage: device.storage })
    await first.ready()
    let isFailing = true
    let writes = 0
    device.watched().beforeWrite = () => {
      if (++writes > 1 && isFailing) return Promise.reject(new Error('not now'))
      return Promise.resolve()
    }
    const store = createStore(null, { storage: device.storage })
    const log = textLog(store, 'a')
    await expect(log.append('x')).rejects.toThrow('not now')
    isFailing = false
    await log.append('x')
    const entries = await device.watched().range(Uint8Array.of(9), Uint8Array.of(10), 10)
    expect(entries).toHaveLength(2)
  })
})

const hash = new Uint8Array(34)

describe('the logs of a store', () => {
  it('are listed, once each, before a call on them resolves', async () => {
    const device = createDevice()
    const store = createStore('notes', { storage: device.storage })
    const diary = store.namespace('diary')
    await Promise.all([textLog(store, 'a').append('x'), textLog(store, 'a').append('y')])
    await textLog(diary, 'a').ready()
    const fresh = store.get()
    await fresh.ready()
    const list = await store.list()
    expect(list.map(({ namespace, name }) => [namespace, name])).toEqual([
      [[], 'a'],
      [['diary'], 'a'],
      [[], expect.stringMatching(/^[\w-]{22}$/) as unknown],
    ])
    expect([list[2]?.key, list[2]?.url]).toEqual([fresh.key, fresh.url])
    expect(await diary.list()).toEqual([list[1]])
    expect([Object.isFrozen(list), Object.isFrozen(list[0]), Object.isFrozen(list[0]?.namespace)]).toEqual([
      true,
      true,
      true,
    ])
    list[0]?.key.fill(0)
    expect((await store.list())[0]?.key).not.toEqual(list[0]?.key)
    await store.close()
    const again = createStore('notes', { storage: device.storage })
    await textLog(again, 'a').ready()
    expect(await named(again)).toEqual(['a', 'diary/a', list[2]?.name])
    const byName = again.get(list[2]?.name ?? null)
    await byName.append(Uint8Array.of(1))
    expect(byName.key).toEqual(list[2]?.key)
  })

  it('share the cost of being listed', async () => {
    const device = createDevice()
    const store = createStore(null, { storage: device.storage })
    await store.ready()
    const before = device.watched().writes.length
    const logs = Array.from({ length: 100 }, (_, index) => store.get(`log ${index}`))
    await Promise.all(logs.map((log) => log.ready()))
    expect(await store.list()).toHaveLength(100)
    // One for each that makes this device its writer, and few for the list.
    expect(device.watched().writes.length - before).toBeLessThan(110)
  })

  it('may be those of others, which are listed without a name', async () => {
    const device = createDevice()
    const other = device.log('mine')
    await other.append('of mine')
    const store = createStore(null, { storage: device.storage })
    const tracked = textLog(store.namespace('friends'), other.url)
    expect(await tracked.get(0)).toBe('of mine')
    await textLog(store.namespace('friends'), keyOf(other)).ready()
    expect(await store.list()).toEqual([{ namespace: ['friends'], name: null, key: other.key, url: other.url }])
  })

  it('are opened by their keys too, as what they are, and not listed twice', async () => {
    const store = createStore()
    const log = textLog(store.namespace('x'), 'a')
    await log.append('one')
    const again = textLog(store, log.url)
    await again.append('two')
    const main = textLog(store, keyOf(store))
    await main.append('three')
    expect([again.length, main.key, main.writable, await named(store)]).toEqual([2, store.key, true, ['x/a']])
  })

  it('are watched: those that are there, and those that come', async () => {
    const store = createStore()
    const diary = store.namespace('diary')
    await textLog(diary, 'one').ready()
    const watching = diary.watch()
    const next = async (): Promise<string | null | undefined> => {
      const { value } = await watching.next()
      return (value as StoreEntry | undefined)?.name
    }
    expect(await next()).toBe('one')
    const second = next()
    await textLog(store, 'elsewhere').ready()
    await textLog(diary.namespace('deeper'), 'two').ready()
    expect(await second).toBe('two')
    const controller = new AbortController()
    const aborted = store.watch({ signal: controller.signal })
    for (let at = 0; at < 3; at++) await aborted.next()
    const waiting = aborted.next()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const last = watching.next()
    await store.close()
    await expect(last).rejects.toEqual(code('closed'))
    await expect(store.list()).rejects.toEqual(code('closed'))
  })

  it('may be encrypted, each under a key of its own, the default log too', async () => {
    const storage = memoryStorage()
    const key = new Uint8Array(32).fill(7)
    const store = createStore('notes', { storage })
    const main = store.default(null, { encryptionKey: key, valueEncoding: 'utf-8' })
    const log = store.get('secret', { encryptionKey: key, valueEncoding: 'utf-8' })
    await main.append('hello')
    await log.append('hello')
    await store.close()
    const again = createStore('notes', { storage })
    await again.ready()
    expect(await again.default(null, { encryptionKey: key, valueEncoding: 'utf-8' }).get(0)).toBe('hello')
    const wrong = again.get('secret', { encryptionKey: new Uint8Array(32) })
    await expect(wrong.ready()).rejects.toEqual(code('encryption-key-wrong'))
    const bare = new Log(keyOf(log), { storage })
    expect(await bare.get(0)).toHaveLength(45)
    await bare.close()
  })

  it('are not opened before the list has them, and are with the next call', async () => {
    const page = createDevice()
    const again = createStore('notes', { storage: page.storage })
    await textLog(again, 'a').append('x')
    page.watched().beforeWrite = () => Promise.reject(Object.assign(new Error('full'), { code: 'storage-full' }))
    await expect(textLog(again, 'b').append('x')).rejects.toThrow('full')
    page.watched().beforeWrite = () => Promise.resolve()
    await textLog(again, 'b').append('x')
    expect(await named(again)).toEqual(['a', 'b'])
  })

  it('are opened though the list is forked', async () => {
    const device = createDevice()
    const store = createStore('notes', { storage: device.storage })
    await textLog(store, 'a').append('x')
    const record = await device.watched().get(storeEntry(keyOf(store)))
    const list = logKeysOf(sodium, listSeedOf(sodium, decodeStoreRecord(record ?? hash).seed))
    const [older, newer] = [1, 2].map((value) =>
      signLogHead(sodium, list.secretKey, { key: list.publicKey, size: 9, root: new Uint8Array(32).fill(value) }),
    )
    const evidence = encodeLogFork({ older: older ?? hash, newer: newer ?? hash, hashes: [] })
    await device.watched().write([{ key: forkEntry(list.publicKey), value: evidence }], { durability: 'strict' })
    await store.close()
    const again = createStore('notes', { storage: device.storage })
    await textLog(again, 'b').append('y')
    expect([await textLog(again, 'a').get(0), await named(again)]).toEqual(['x', ['a']])
  })
})

describe('the default log of a store', () => {
  it('is any log, for a store of which nothing is used yet', async () => {
    const device = createDevice()
    const other = device.log('mine')
    await other.append('of mine')
    const store = createStore(null, { storage: device.storage })
    expect(await store.default(other.url, { valueEncoding: 'utf-8' }).get(0)).toBe('of mine')
    expect([store.key, store.writable]).toEqual([other.key, false])
    expect(() => store.default(keyOf(other))).not.toThrow()
    expect(() => store.default(new Uint8Array(32))).toThrow(RangeError)
  })

  it('of a store that was used, or has an address, is no other', async () => {
    const key = new Uint8Array(32).fill(1)
    const used = createStore()
    used.get('a')
    expect(() => used.default(key)).toThrow(RangeError)
    const open = createStore()
    await open.ready()
    expect(() => open.default(key)).toThrow(RangeError)
    expect(() => open.default(keyOf(open))).not.toThrow()
    expect(() => createStore('name').default(key)).toThrow(RangeError)
    const foreign = createStore(key)
    expect(() => foreign.default(key)).not.toThrow()
    expect(() => foreign.default(new Uint8Array(32))).toThrow(RangeError)
    const bad = createStore()
    expect(() => bad.default(key, { valueEncoding: 'none' as never })).toThrow(TypeError)
    expect(() => bad.default(new Uint8Array(32))).not.toThrow()
  })
})

describe('closing', () => {
  it('a store closes all that was got of it, and nothing stays open', async () => {
    const device = createDevice()
    const store = createStore('notes', { storage: device.storage })
    const logs = [store.default(), store.get('a'), store.namespace('x').get('b'), store.get()]
    for (const log of logs) await log.ready()
    const idle = store.get('idle')
    const waiting = logs[1]?.get(0)
    await Promise.all([store.close(), store.close()])
    expect(device.watched().closed).toBe(1)
    await expect(waiting).rejects.toEqual(code('closed'))
    for (const log of [...logs, idle, store.get('later')]) await expect(log.ready()).rejects.toEqual(code('closed'))
    expect([store.writable, store.key]).toEqual([true, logs[0]?.key])
  })

  it('while it is opened leaves nothing open', async () => {
    const device = createDevice()
    const store = createStore('notes', { storage: device.storage })
    const opening = [store.ready(), store.get('a').ready(), store.default().ready()]
    const refused = opening.map((each) => expect(each).rejects.toEqual(code('closed')))
    await store.close()
    await Promise.all(refused)
    expect([device.opened() > 0, device.watched().closed]).toEqual([true, 1])
  })

  it('an SDK closes its stores', async () => {
    const sdk = createSdk()
    const store = new sdk.Store('notes')
    const log = textLog(store, 'a')
    await log.append('x')
    const waiting = store.watch()
    await waiting.next()
    const next = waiting.next()
    sdk.close()
    await expect(next).rejects.toEqual(code('closed'))
    await expect(log.get(0)).rejects.toEqual(code('closed'))
    await expect(store.list()).rejects.toEqual(code('closed'))
    await expect(new sdk.Corestore('notes').ready()).rejects.toEqual(code('closed'))
  })

  it('a log that was got of a store leaves the store open', async () => {
    const store = createStore()
    const log = textLog(store, 'a')
    await log.append('x')
    await log.close()
    expect(await textLog(store, 'a').get(0)).toBe('x')
  })
})

describe('what a store does not take', () => {
  it('throws at the call', async () => {
    const store = createStore()
    const bad: readonly [() => unknown, unknown][] = [
      [() => new Store(7 as never), TypeError],
      [() => new Store(new Uint8Array(31)), RangeError],
      [() => new Store('skein://store/abc'), RangeError],
      [() => new Store('sks1_abc'), RangeError],
      [() => new Store('skein://drive/abc'), RangeError],
      [() => new Store('x', { place: 1 } as never), TypeError],
      [() => new Store('x', { sdk: {} as never }), TypeError],
      [() => new Store('x', { sdk: createSdk(), storage: memoryStorage() }), TypeError],
      [() => new Log('sks1_abc', { storage: memoryStorage() }), RangeError],
      [() => new Log('skein://store/abc', { storage: memoryStorage() }), RangeError],
      [() => store.get(7 as never), TypeError],
      [() => store.get(''), RangeError],
      [() => store.get('x'.repeat(65)), RangeError],
      [() => store.get('a', { storage: memoryStorage() } as never), TypeError],
      [() => store.get('a', null as never), TypeError],
      [() => store.get('a', { unknown: 1 } as never), TypeError],
      [() => store.default('name'), RangeError],
      [() => store.namespace(7 as never), TypeError],
      [() => store.namespace('a://b'), RangeError],
      [
        () => Array.from({ length: 9 }).reduce<{ namespace: Store['namespace'] }>((at) => at.namespace('x'), store),
        RangeError,
      ],
      [() => store.watch({ signal: 1 as never }), TypeError],
      [() => store.export(''), RangeError],
      [() => store.export(7 as never), TypeError],
      [() => Store.import(7 as never), TypeError],
      [() => Store.import('x', { passphrase: '' }), RangeError],
      [() => Store.import('x', { name: '' }), RangeError],
    ]
    for (const [call, type] of bad) expect(call, call.toString()).toThrow(type)
    await expect(store.list({ nothing: 1 } as never)).rejects.toThrow(TypeError)
  })

  it('J28: no extension of an application has a name of ours', () => {
    expect(() => new Log(null, { storage: memoryStorage(), extensions: ['skein:store'] })).toThrow(RangeError)
    expect(() => new Log(null, { storage: memoryStorage(), extensions: { 'skein:x': 'json' } })).toThrow(RangeError)
  })

  it('is told by the classes of an SDK as well', () => {
    const sdk = new SDK({ storage: memoryStorage() })
    expect(sdk.Corestore).toBe(sdk.Store)
    expect(new sdk.Store()).toBeInstanceOf(Store)
    expect(() => new sdk.Store('x', { storage: memoryStorage() })).toThrow(TypeError)
    sdk.close()
  })
})
