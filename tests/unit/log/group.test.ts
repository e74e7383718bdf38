import { expect, it, onTestFinished, vi } from 'vitest'
import type { Duplex, WebGroup } from '../../../sdk/group/index.js'
import { loadSodium, logIdOf } from '../../../sdk/crypto/index.js'
import { LogLink } from '../../../sdk/log/replication/link.js'
import { Offences } from '../../../sdk/log/replication/offences.js'
import { setupMembers } from '../group/setup.js'
import { createReplica, TestTime, type Replica } from './replication-world.js'
import { collect, texts } from './setup.js'

it('replicates through members of a group, from one to the next', async () => {
  const sodium = await loadSodium()
  const time = new TestTime()
  const { members } = await setupMembers(3)
  const writer = await createReplica('writer', time, null)
  const middle = await createReplica('middle', time, writer.log.url, { isEager: true })
  const last = await createReplica('last', time, writer.log.url, { isEager: true })
  const shareOver = (group: WebGroup, duplex: Duplex, theirs: string, { core, swarm }: Replica): void => {
    const link = new LogLink({
      readable: duplex.readable,
      writable: duplex.writable,
      peerId: theirs,
      names: { mine: group.myId, theirs },
      path: () => (group.peers.find(({ id }) => id === theirs)?.path === 'direct' ? 'direct' : 'relayed'),
      offences: new Offences(),
      sodium,
      random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    })
    link.share(logIdOf(sodium, core.parts.logKey), swarm)
    onTestFinished(() => link.close())
  }
  const [first, second, third] = members as unknown as [WebGroup, WebGroup, WebGroup]
  second.on('duplex:open', ({ from, duplex }) => shareOver(second, duplex, from, middle))
  for (const [group, replica] of [
    [first, writer],
    [third, last],
  ] as const) {
    shareOver(group, await group.openDuplex(second.myId, { label: 'logs' }), second.myId, replica)
  }
  await writer.log.append(texts(500))
  await vi.waitFor(async () => expect(await last.log.has(0, 500)).toBe(true), { timeout: 10_000 })
  expect(await collect(last.log.createReadStream())).toEqual(texts(500))
  expect(middle.swarm.peers().map(({ id, path }) => [id, path])).toEqual([
    [first.myId, 'direct'],
    [third.myId, 'direct'],
  ])
  await first.leave()
  await vi.waitFor(() => expect(middle.swarm.peers()).toHaveLength(1))
  expect([writer, middle, last].flatMap(({ violations }) => violations)).toEqual([])
})
