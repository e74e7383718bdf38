import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { loadSodium, logKeysOf } from '../../../sdk/crypto/index.js'
import { defaultSeedOf, listSeedOf, signStoreList } from '../../../sdk/crypto/store.js'
import { memoryStorage, SDK, type Store, type StoreEntry } from '../../../sdk/log/index.js'
import { homeOf } from '../../../sdk/log/home.js'
import { storeEntry, storeListEntry } from '../../../sdk/log/layout.js'
import { Session } from '../../../sdk/log/session.js'
import { decodeStoreRecord } from '../../../sdk/protocol/store-record.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { setupMembers } from '../group/setup.js'
import { createDevice, keyOf } from './setup.js'
import { connect, createSdk, createStore, named, textLog } from './store-setup.js'

const sodium = await loadSodium()
const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown

/** A store of one device, and the same one as another device has it. */
const setup = async () => {
  const devices = [createDevice(), createDevice()] as const
  const [one, other] = devices.map(({ storage }) => createSdk(storage)) as [SDK, SDK]
  const store = createStore(null, { sdk: one })
  await store.ready()
  const theirs = createStore(store.url, { sdk: other })
  return { devices, one, other, store, theirs }
}

/** What a device says on a log by a name that is not for applications, and hears. */
const speakOn = async (sdk: SDK, key: Uint8Array) => {
  const heard: Uint8Array[] = []
  const session = new Session({
    home: homeOf(sdk),
    address: { kind: 'key', key },
    isEager: false,
    encryptionKey: null,
    attach: ({ hold }) => hold.swarm.events.on('extension', ({ payload }) => void heard.push(payload)),
  })
  onTestFinished(() => session.close())
  const { hold } = await session.open()
  return { heard, say: (payload: Uint8Array) => hold.swarm.say(null, 'skein:store', payload), swarm: hold.swarm }
}

const entriesUntil = async (store: Store, count: number): Promise<readonly StoreEntry[]> => {
  await vi.waitFor(async () => expect(await store.list()).toHaveLength(count))
  return store.list()
}

describe('a store of another device', () => {
  it('J28: is found by its key, with all its logs by their names', async () => {
    const { one, other, store, theirs } = await setup()
    await textLog(store, 'before').append('1')
    connect(one, other)
    expect(await textLog(theirs, 'before').get(0)).toBe('1')
    const later = textLog(theirs.namespace('x'), 'later')
    const got = later.get(0)
    const mine = textLog(store.namespace('x'), 'later')
    await mine.append('2')
    expect(await got).toBe('2')
    expect([later.key, later.writable, theirs.key, theirs.writable]).toEqual([mine.key, false, store.key, false])
    expect(await entriesUntil(theirs, 2)).toEqual(await store.list())
    await expect(later.append('x')).rejects.toEqual(code('log-read-only'))
  })

  it('waits for a name as long as its calls are let, and no longer', async () => {
    const { one, other, theirs } = await setup()
    const log = textLog(theirs, 'never')
    await expect(log.get(0, { timeoutMs: 1 })).rejects.toEqual(code('block-timeout'))
    connect(one, other)
    const controller = new AbortController()
    const ready = log.ready({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(ready).rejects.toThrow('enough')
    const waiting = log.get(0)
    await log.close()
    await expect(waiting).rejects.toEqual(code('closed'))
    const more = textLog(theirs, 'never').get(0)
    await theirs.close()
    await expect(more).rejects.toEqual(code('closed'))
  })

  it('has no new logs, and gives out no secret', async () => {
    const { theirs } = await setup()
    await expect(theirs.get().ready()).rejects.toEqual(code('log-read-only'))
    await expect(theirs.export()).rejects.toEqual(code('log-read-only'))
    await expect(theirs.recoveryPhrase()).rejects.toEqual(code('log-read-only'))
    expect([theirs.writable, theirs.key === null]).toEqual([false, false])
  })

  it('J28: is found through others when its writer is gone, also by who comes later', async () => {
    const { devices, one, other, store, theirs } = await setup()
    await textLog(store, 'a').append('hello')
    await store.default(null, { valueEncoding: 'utf-8' }).append('main')
    const cut = connect(one, other)
    const copy = textLog(theirs, 'a')
    expect(await copy.get(0)).toBe('hello')
    await theirs.default().ready()
    cut()
    one.close()
    other.close()
    const kept = createSdk(devices[1].storage)
    const again = createStore(store.url, { sdk: kept })
    await textLog(again, 'a').ready()
    expect(await named(again)).toEqual(['a'])
    const third = createSdk()
    const last = createStore(store.url, { sdk: third })
    connect(kept, third)
    expect(await textLog(last, 'a').get(0)).toBe('hello')
    expect(await named(last)).toEqual(['a'])
  })

  it('J28: is told of while links are there already, by whoever learns of it', async () => {
    const [one, middle, last] = [createSdk(), createSdk(), createSdk()]
    const store = createStore(null, { sdk: one })
    await textLog(store, 'a').append('hello')
    connect(middle, last)
    const [relay, theirs] = [createStore(store.url, { sdk: middle }), createStore(store.url, { sdk: last })]
    await Promise.all([relay.ready(), theirs.ready()])
    const got = textLog(theirs, 'a').get(0)
    await textLog(relay, (await store.list())[0]?.url ?? null).ready()
    connect(one, middle)
    expect(await got).toBe('hello')
  })

  it('J28: is not what others say it is', async () => {
    const { devices, one, other, store, theirs } = await setup()
    await theirs.ready()
    const liar = createSdk()
    const { say, swarm } = await speakOn(liar, keyOf(store))
    connect(liar, other)
    await vi.waitFor(() => expect(swarm.peers()).toHaveLength(1))
    const keys = logKeysOf(sodium, new Uint8Array(32).fill(1))
    const { seed } = await secretOf(devices[0], store)
    const genuine = signStoreList(
      sodium,
      logKeysOf(sodium, defaultSeedOf(sodium, seed)).secretKey,
      logKeysOf(sodium, listSeedOf(sodium, seed)).publicKey,
    )
    const damaged = genuine.with(5, (genuine[5] ?? 0) ^ 1)
    const lies = [signStoreList(sodium, keys.secretKey, keys.publicKey), damaged, new Uint8Array(), genuine.slice(1)]
    for (const lie of lies) await say(lie)
    connect(one, other)
    await textLog(store, 'a').append('x')
    expect(await textLog(theirs, 'a').get(0)).toBe('x')
    await vi.waitFor(async () => expect(await devices[1].watched().get(storeListEntry(keyOf(store)))).toEqual(genuine))
    await say(signStoreList(sodium, keys.secretKey, keys.publicKey))
    expect(await devices[1].watched().get(storeListEntry(keyOf(store)))).toEqual(genuine)
  })

  it('J28: tells applications nothing of what stores say', async () => {
    const { one, other, store, theirs } = await setup()
    const heard = vi.fn()
    const main = theirs.default(null, { extensions: ['app'] })
    main.on('extension', heard)
    main.on('error', heard)
    const mine = store.default(null, { extensions: ['app'] })
    await Promise.all([main.ready(), mine.ready()])
    connect(one, other)
    await textLog(store, 'a').append('x')
    await textLog(theirs, 'a').get(0)
    await vi.waitFor(async () => {
      await mine.extension('app', 1)
      expect(heard.mock.calls.map(([type]) => type as unknown)).toContain('app')
    })
    expect(new Set(heard.mock.calls.map(([type]) => type as unknown))).toEqual(new Set(['app']))
  })

  it('J27: has the entries of its list that are some, and those once', async () => {
    const { devices, one, other, store, theirs } = await setup()
    const { seed } = await secretOf(devices[0], store)
    const key = 'A'.repeat(43)
    const blocks = [
      { namespace: [], name: 'good', key },
      { namespace: [], name: 'good', key },
      { namespace: ['x'], key, more: 1 },
      { namespace: [], name: 'x'.repeat(65), key },
      { namespace: Array.from({ length: 9 }, () => 'x'), name: 'a', key },
      { namespace: [''], name: 'a', key },
      { namespace: [], name: 'e\u0301', key },
      { namespace: [], name: 'a', key: key.slice(1) },
      { namespace: 'x', name: 'a', key },
      { name: 'a', key },
      [],
      null,
      { namespace: [], name: 'last', key },
    ].map((value) => encodeUtf8(JSON.stringify(value)))
    blocks.push(Uint8Array.of(0xff), encodeUtf8('{'), encodeUtf8(''))
    const list = new one.Log(logKeysOf(sodium, listSeedOf(sodium, seed)).publicKey)
    await list.append(blocks)
    connect(one, other)
    const entries = await entriesUntil(theirs, 3)
    expect(entries.map(({ namespace, name }) => [namespace, name])).toEqual([
      [[], 'good'],
      [['x'], null],
      [[], 'last'],
    ])
    await textLog(store, 'after').append('y')
    expect(await textLog(theirs, 'after').get(0)).toBe('y')
  })

  it('is watched as it grows', async () => {
    const { one, other, store, theirs } = await setup()
    const watching = theirs.watch()
    const first = watching.next()
    connect(one, other)
    await textLog(store, 'a').ready()
    expect(((await first).value as StoreEntry).name).toBe('a')
    const second = watching.next()
    await textLog(store, 'b').ready()
    expect(((await second).value as StoreEntry).name).toBe('b')
    await watching.return()
  })

  it('in a group is listed by its default log, if that is', async () => {
    const { members } = await setupMembers(2)
    const [one, other] = members.map((group) => new SDK({ group, storage: memoryStorage() })) as [SDK, SDK]
    onTestFinished(() => one.close())
    onTestFinished(() => other.close())
    const store = new one.Store()
    const main = store.default(null, { listed: true })
    await main.ready()
    await textLog(store, 'a').append('hello')
    const { value: url } = await other.watch().next()
    expect(url).toBe(main.url)
    expect(await textLog(new other.Store(url as string), 'a').get(0)).toBe('hello')
  })
})

const secretOf = async (device: ReturnType<typeof createDevice>, store: Store) => {
  const record = await device.watched().get(storeEntry(keyOf(store)))
  if (record === null) throw new Error('the store is not kept')
  return decodeStoreRecord(record)
}
