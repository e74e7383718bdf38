import { describe, expect, it } from 'vitest'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { encodeServerFrame } from '../../sdk/protocol/server-frames.js'
import type { MeshWorld, TestMember } from '../support/mesh-world.js'
import { pack, PaperMember, setupGroup, watchHonest } from '../support/mesh-villain.js'

const introduce = (world: MeshWorld, to: TestMember, certificate: Uint8Array): void => {
  const hello = sealHello(world.suite, world.keys, certificate)
  const presence = { connection: new Uint8Array(16).fill(77), bot: false, full: false, hello }
  to.fromServer(encodeServerFrame({ type: 'introduced', ...presence }))
}

const leavesAt = (at: TestMember): { id: string; reason: string }[] =>
  at.notices.flatMap((notice) => (notice.type === 'member:leave' ? [{ id: notice.id, reason: notice.reason }] : []))

describe('who would have a member taken for an older one of its identity', () => {
  it.each(['its card', 'an introduction'])(
    'M23: by a newer certificate that it keeps, as %s, removes nobody who answers',
    (as) => {
      const { world, ada, bob, mallory } = setupGroup()
      const check = watchHonest(world, ada, bob)
      for (let i = 0; i < 20; i++) {
        const closed = new PaperMember(world, ada.identity)
        if (as === 'its card') mallory.inject(bob, pack(closed.card()))
        else introduce(world, bob, closed.certificate)
        world.run(700)
      }
      expect(leavesAt(bob)).toEqual([])
      check()
    },
  )

  it.each(['a card', 'an introduction'])(
    'M23: by %s that names the identity and is not signed by it, has nobody asked',
    (as) => {
      const { world, ada, bob, mallory } = setupGroup()
      ada.isDead = true
      const forged = new PaperMember(world, { ...mallory.identity, publicKey: ada.identity.publicKey })
      if (as === 'a card') mallory.inject(bob, pack(forged.card()))
      else introduce(world, bob, forged.certificate)
      world.run(12_000)
      expect(leavesAt(bob)).toEqual([{ id: ada.id, reason: 'timeout' }])
    },
  )
})
