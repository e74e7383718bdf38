import { describe, expect, it } from 'vitest'
import { Sender } from '../../../sdk/mesh/stream/sender.js'
import type { AllChunk, OneChunk } from '../../../sdk/protocol/records.js'
import type { Peer } from '../../../sdk/mesh/peer.js'
import { Inbox } from '../../../sdk/mesh/stream/inbox.js'
import { Incoming } from '../../../sdk/mesh/stream/incoming.js'
import { OwnTree } from '../../../sdk/mesh/stream/own-tree.js'
import { PairStreams } from '../../../sdk/mesh/stream/pair-streams.js'
import { Forwarder } from '../../../sdk/mesh/route/forwarder.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import { Trees } from '../../../sdk/mesh/route/tree.js'
import { TreeSender } from '../../../sdk/mesh/stream/tree-sender.js'
import { setupCore } from '../../support/mesh-core.js'

const setup = (count: number) => {
  const { core, effects, addPeer } = setupCore()
  const router = new Router(core.roster, core.id)
  const tree = new OwnTree(core, new Trees(router), { isPartial: () => false, admits: () => true })
  const sender = new Sender(core, new TreeSender(core, tree, new Forwarder(core, router), 0), null, false)
  const peers = Array.from({ length: count }, (_, index) => {
    const peer = addPeer()
    const inbox = new Inbox({ maxBytes: 1_000, myTag: peer.tag }, { firstBroadcast: 1, firstPrivate: 1 })
    peer.streams = new PairStreams(sender.create(peer.id, peer), new Incoming(peer, null, inbox))
    peer.arrival = index
    return peer
  })
  let submissions = 0
  const send = (to: Peer | 'all', size = 10): void => {
    const id = typeof to === 'string' ? to : to.id
    sender.submit({ submission: ++submissions, to: id, kind: 'binary', bytes: new Uint8Array(size) })
  }
  const sentTo = (peer: Peer): (AllChunk | OneChunk)[] => {
    const chunks: (AllChunk | OneChunk)[] = []
    for (
      let next = peer.streams?.messagesOut.outbox.next(70_000);
      next;
      next = peer.streams?.messagesOut.outbox.next(70_000)
    )
      chunks.push(next)
    return chunks
  }
  return { core, effects, sender, peers, send, sentTo }
}

describe('Sender', () => {
  it('numbers broadcasts by one count and private messages by one for each recipient', () => {
    const { peers, send, sentTo } = setup(2)
    const [ada, bob] = peers as [Peer, Peer]
    send('all')
    send(ada)
    send(bob)
    send(ada)
    send('all')
    expect(sentTo(ada).map(({ type, number }) => [type, number])).toEqual([
      ['all', 1],
      ['one', 1],
      ['one', 2],
      ['all', 2],
    ])
    expect(sentTo(bob).map(({ type, number }) => [type, number])).toEqual([
      ['all', 1],
      ['one', 1],
      ['all', 2],
    ])
  })

  it('names the broadcast before a private message, and before a broadcast those with unacknowledged private ones', () => {
    const { peers, send, sentTo } = setup(3)
    const [ada, bob, cyn] = peers as [Peer, Peer, Peer]
    send('all')
    send(ada)
    send(bob)
    send('all')
    send('all')
    const [, first, second, third] = sentTo(ada) as [AllChunk, OneChunk, AllChunk, AllChunk]
    expect(first.afterBroadcast).toBe(1)
    expect(second.order).toEqual([
      { tag: ada.tag, lastPrivate: 1 },
      { tag: bob.tag, lastPrivate: 1 },
    ])
    expect(third.order).toEqual([])
    expect(sentTo(cyn)[1]).toMatchObject({ order: second.order })
  })

  it('names nobody whose private messages have arrived', () => {
    const { peers, send, sentTo } = setup(1)
    const [ada] = peers as [Peer]
    send(ada)
    sentTo(ada)
    ada.streams?.messagesOut.outbox.acknowledge(1, 2, 0, 4_194_304)
    send('all')
    expect(sentTo(ada)).toMatchObject([{ type: 'all', order: [] }])
  })

  it('waits beyond 32 recipients with unacknowledged private messages, and keeps the order meanwhile', () => {
    const { effects, sender, peers, send, sentTo } = setup(33)
    for (const peer of peers) send(peer)
    const settled = effects.settled.length
    send('all')
    send(peers[0] as Peer)
    expect(effects.settled).toHaveLength(settled)
    for (const peer of peers) expect(sentTo(peer).map(({ type }) => type)).toEqual(['one'])
    ;(peers[5] as Peer).streams?.messagesOut.outbox.acknowledge(1, 2, 0, 4_194_304)
    sender.resume()
    expect(effects.settled).toHaveLength(settled + 2)
    const [broadcast] = sentTo(peers[1] as Peer) as [AllChunk]
    expect([broadcast.type, broadcast.order.length]).toEqual(['all', 32])
    expect(sentTo(peers[0] as Peer).map(({ type }) => type)).toEqual(['all', 'one'])
  })

  it('fails what is for one that has left, also while it waits for its turn', () => {
    const { effects, sender, peers, send } = setup(34)
    for (const peer of peers) send(peer)
    send('all')
    const [ada, bob] = peers as [Peer, Peer]
    const settled = effects.settled.length
    send(ada)
    send(bob)
    ada.arrival = null
    sender.part(ada, [])
    const failure = { id: ada.id, code: 'member-left', maybeDelivered: false }
    expect(effects.failures).toEqual([{ submission: 36, failure }])
    expect(effects.settled).toHaveLength(settled)
  })

  it('settles a submission when every window has taken it', () => {
    const { effects, sender, peers, send, sentTo } = setup(2)
    const [ada, bob] = peers as [Peer, Peer]
    send(bob, 4_194_304)
    send('all')
    expect(effects.settled).toEqual([1])
    sentTo(bob)
    bob.streams?.messagesOut.outbox.acknowledge(1, 2, 0, 4_194_304)
    expect(effects.settled).toEqual([1, 2])
    expect([sender.nextBroadcast, ada.nextPrivate, bob.nextPrivate]).toEqual([2, 1, 2])
  })

  it('settles at once what is for nobody, and fails what is for who has left', () => {
    const { effects, peers, send } = setup(1)
    const [ada] = peers as [Peer]
    ada.arrival = null
    send('all')
    send(ada)
    expect(effects.settled).toEqual([1])
    expect(effects.failures).toEqual([
      { submission: 2, failure: { id: ada.id, code: 'member-left', maybeDelivered: false } },
    ])
  })
})
