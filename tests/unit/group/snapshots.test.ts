import { describe, expect, it } from 'vitest'
import { Snapshots } from '../../../sdk/group/snapshots.js'
import type { PeerView } from '../../../sdk/mesh/options.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

const view = (id: string, over: Partial<PeerView> = {}): PeerView => ({
  id,
  identity: new Uint8Array(32).fill(7),
  profile: encodeUtf8('{"name":"Ada","tags":["a"]}'),
  bot: false,
  path: { kind: 'direct', via: [] },
  rttMs: null,
  ...over,
})

const nobody = { isVerified: () => false }

const setup = () => {
  const snapshots = new Snapshots(nobody)
  snapshots.begin('me')
  snapshots.put(view('bob'))
  snapshots.put(view('carol'))
  return snapshots
}

describe('Snapshots', () => {
  it('are empty until a join begins, and again once it is over', () => {
    const snapshots = new Snapshots(nobody)
    expect([snapshots.members, snapshots.peers, snapshots.neighbors(['bob'])]).toEqual([[], [], []])
    snapshots.begin('me')
    expect(snapshots.members).toEqual(['me'])
    snapshots.clear()
    expect(snapshots.members).toEqual([])
  })

  it('list members in the order of joining, mine first', () => {
    expect(setup().members).toEqual(['me', 'bob', 'carol'])
  })

  it('show what is known of a peer', () => {
    expect(setup().peers[0]).toEqual({
      id: 'bob',
      identity: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc',
      verified: false,
      profile: { name: 'Ada', tags: ['a'] },
      bot: false,
      path: 'direct',
      via: [],
      rttMs: null,
    })
  })

  it('are frozen to the core', () => {
    const snapshots = setup()
    const [peer] = snapshots.peers
    for (const value of [snapshots.members, snapshots.peers, snapshots.neighbors(['bob']), peer, peer?.via]) {
      expect(Object.isFrozen(value)).toBe(true)
    }
    expect(Object.isFrozen(peer?.profile.tags)).toBe(true)
  })

  it('keep the same reference while nothing changes', () => {
    const snapshots = setup()
    const { members, peers } = snapshots
    const neighbors = snapshots.neighbors(['bob'])
    snapshots.put(view('bob'))
    expect(snapshots.members).toBe(members)
    expect(snapshots.peers).toBe(peers)
    expect(snapshots.neighbors(['bob'])).toBe(neighbors)
  })

  it('do not change for a round-trip time alone', () => {
    const snapshots = setup()
    const { peers } = snapshots
    snapshots.put(view('bob', { rttMs: 40 }))
    expect(snapshots.peers).toBe(peers)
  })

  it('change peers but not members when a path changes', () => {
    const snapshots = setup()
    const { members, peers } = snapshots
    const [, carol] = peers
    snapshots.put(view('bob', { path: { kind: 'relayed', via: ['carol'] }, rttMs: 40 }))
    expect(snapshots.members).toBe(members)
    expect(snapshots.peers).not.toBe(peers)
    expect(snapshots.peers[0]).toMatchObject({ path: 'relayed', via: ['carol'], rttMs: 40 })
    expect(snapshots.peers[1]).toBe(carol)
  })

  it('forget a member once', () => {
    const snapshots = setup()
    expect(snapshots.remove('bob')).toBe(true)
    expect(snapshots.remove('bob')).toBe(false)
    expect(snapshots.members).toEqual(['me', 'carol'])
    expect(snapshots.peers.map(({ id }) => id)).toEqual(['carol'])
  })

  it('count no neighbor that is not a member', () => {
    expect(setup().neighbors(['carol', 'dave'])).toEqual(['carol'])
  })

  it.each([[''], ['nonsense'], ['[1]'], ['7'], ['null'], ['"text"']])(
    'take the profile %j for an empty one',
    (text) => {
      const snapshots = setup()
      expect(snapshots.put(view('eve', { profile: encodeUtf8(text) })).profile).toEqual({})
    },
  )

  it('do not let a profile reach for prototypes', () => {
    const { profile } = setup().put(view('eve', { profile: encodeUtf8('{"__proto__":{"bot":true}}') }))
    expect((profile as { bot?: boolean }).bot).toBeUndefined()
  })
})
