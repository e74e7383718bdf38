import { expect, it, onTestFinished, vi } from 'vitest'
import { memoryStorage, SDK } from '../../../sdk/log/index.js'
import { setupMembers } from '../group/setup.js'

/**
 * The sample that `skein/log` was drawn up for, in the parts that are about logs and stores, with the names that it has there and with those
 * of `skein/log`. What is of drives in it, and of DNS, is not here.
 */
it.each([
  ['its own names', ({ Hypercore, Corestore }: SDK) => ({ Hypercore, Corestore })],
  ['ours', ({ Log, Store }: SDK) => ({ Hypercore: Log, Corestore: Store })],
])('runs the sample of cores and stores, with %s and callbacks', async (_names, namesOf) => {
  const { members } = await setupMembers(2)
  const sdks = members.map((group) => new SDK({ group, storage: memoryStorage() }))
  onTestFinished(() => sdks.forEach((sdk) => sdk.close()))
  const [{ Hypercore, Corestore }, { Hypercore: TheirCore, Corestore: TheirStore }] = sdks.map(namesOf) as [
    ReturnType<typeof namesOf>,
    ReturnType<typeof namesOf>,
  ]

  // Like a name that the device knows, or none, or what was given out elsewhere.
  const core = new Hypercore()
  const named = new Hypercore('myFeed')
  const feed = new Hypercore<'json'>(null, {
    valueEncoding: 'json',
    sparse: false,
    extensions: ['MANIFEST', 'REQUEST_FEEDS'],
  })
  const failure = await new Promise((resolve) => {
    void feed.ready(() => {
      void feed.append({ hello: 'world' }, resolve)
    })
  })
  expect(failure).toBeNull()
  await core.append(Uint8Array.of(1))
  await named.append(Uint8Array.of(2))

  const [key1, key2] = [core.url, named.url]
  const theirs = new TheirCore<'json'>(feed.url, {
    valueEncoding: 'json',
    extensions: ['MANIFEST', 'REQUEST_FEEDS'],
  })
  const got = await new Promise((resolve) => void theirs.get(0, (_error, value) => resolve(value)))
  expect(got).toEqual({ hello: 'world' })

  const manifest = new Promise((resolve) => {
    feed.on('extension', (type, message, peer) => {
      if (type === 'MANIFEST') resolve([message, peer.id])
    })
  })
  const responded = new Promise<unknown>((resolve) => {
    theirs.on('extension', (type, _message, peer) => {
      if (type === 'REQUEST_FEEDS') void peer.extension('MANIFEST', { keys: [key1, key2] }, resolve)
    })
  })
  void feed.extension('REQUEST_FEEDS', [key1, key2])
  expect(await responded).toBeNull()
  expect(await manifest).toEqual([{ keys: [key1, key2] }, members[1].myId])
  const [peer] = feed.peers()
  expect([peer?.id, peer?.bitfield]).toEqual([members[1].myId, Uint8Array.of(1)])

  // A store: its default log's key is what it is replicated by, and leads to all its other logs.
  const store = new Corestore()
  const defaultCore = store.default(null, { valueEncoding: 'json', sparse: false, extensions: ['example'] })
  await defaultCore.append({ first: true })
  const otherCore = store.get(undefined, { valueEncoding: 'utf-8' })
  await otherCore.append('of the store')
  const tracked = store.get(key1)
  await tracked.ready()

  const theirStore = new TheirStore(store.key)
  const theirDefault = theirStore.default(null, { valueEncoding: 'json' })
  expect(await theirDefault.get(0)).toEqual({ first: true })
  await vi.waitFor(async () => expect(await theirStore.list()).toHaveLength(2), { timeout: 10_000 })
  const theirOther = theirStore.get(otherCore.url, { valueEncoding: 'utf-8' })
  expect(await theirOther.get(0)).toBe('of the store')
  const again = new TheirStore()
  expect(await again.default(defaultCore.url, { valueEncoding: 'json' }).get(0)).toEqual({ first: true })
  for (const each of [store, theirStore, again, core, named, feed, theirs]) await each.close()
})
