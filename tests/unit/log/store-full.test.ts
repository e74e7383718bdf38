import { describe, expect, it, vi } from 'vitest'
import { connect, createSdk, createStore, textLog } from './store-setup.js'

vi.mock('../../../sdk/protocol/limits.js', async (load) => ({
  ...(await load<object>()),
  MAX_STORE_ENTRIES: 3,
}))

describe('J27: a store whose list is full', () => {
  it('has logs that are not in it, to which nothing is written after an import before they are recovered', async () => {
    const [one, other] = [createSdk(), createSdk()]
    const store = createStore(null, { sdk: one })
    await store.default().append(Uint8Array.of(1))
    for (const name of ['a', 'b', 'c']) await textLog(store, name).append('listed')
    const beyond = textLog(store, 'd')
    await beyond.append('not listed')
    expect((await store.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    const again = await other.Store.import(await store.export())
    await again.ready()
    connect(one, other)
    await again.recover()
    const back = textLog(again, 'd')
    await expect(back.append('too early')).rejects.toMatchObject({ code: 'log-restored' })
    await back.recover()
    expect((await back.append('and on')).index).toBe(1)
    expect([await back.get(0), back.fork, beyond.fork]).toEqual(['not listed', null, null])
  })

  it('takes as many entries as it has room for, of several that could not be written before', async () => {
    const [one, other] = [createSdk(), createSdk()]
    const store = createStore(null, { sdk: one })
    await store.default().append(Uint8Array.of(1))
    await textLog(store, 'a').append('listed')
    const again = await other.Store.import(await store.export())
    for (const name of ['b', 'c', 'd']) await textLog(again, name).ready()
    connect(one, other)
    await again.recover()
    await textLog(again, 'e').ready()
    expect((await again.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })
})
