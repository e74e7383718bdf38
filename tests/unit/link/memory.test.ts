import { expect, test } from 'vitest'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import { connectEnds, openEnds } from '../../contract/link.js'

test('a refused pair never opens, until allowed', async () => {
  const network = createMemoryNetwork()
  network.refuse('bob', 'alice')
  const refused = await connectEnds(network.transport)
  for (const end of [refused.alice, refused.bob]) {
    await end.until(() => end.closeReason !== undefined)
    expect(end.count('open')).toBe(0)
  }
  expect(refused.bob.closeReason).toBe('refused')
  network.allow('alice', 'bob')
  await openEnds(network.transport)
  expect(network.openEnds).toBe(2)
})

test('cut closes both ends and loses what is on its way', async () => {
  const network = createMemoryNetwork()
  const { alice, bob } = await openEnds(network.transport)
  alice.write('reliable', Uint8Array.of(1))
  network.cut('alice', 'bob')
  await Promise.all([alice, bob].map((end) => end.until(() => end.closeReason === 'cut')))
  expect(bob.count('bytes')).toBe(0)
  expect(network.openEnds).toBe(0)
})

test('cut leaves links of others alone', async () => {
  const network = createMemoryNetwork()
  await openEnds(network.transport)
  network.cut('alice', 'charlie')
  expect(network.openEnds).toBe(2)
})

test('nothing moves until the scheduler says so, and room is short until then', async () => {
  const held: (() => void)[] = []
  let hold = false
  const network = createMemoryNetwork({
    roomBytes: 4,
    schedule: (task) => {
      if (hold) held.push(task)
      else queueMicrotask(task)
    },
  })
  const { alice, bob } = await openEnds(network.transport)
  hold = true
  alice.write('reliable', Uint8Array.of(1, 2, 3, 4))
  await new Promise(setImmediate)
  expect([bob.count('bytes'), alice.count('room')]).toEqual([0, 0])
  for (const task of held) task()
  expect([bob.count('bytes'), alice.count('room'), alice.room.reliable]).toEqual([1, 1, 4])
  alice.close()
  bob.close()
})
