import { describe, expect, it } from 'vitest'
import type { Admission } from '../../../sdk/crypto/auth.js'
import { deriveGroupKeys, type AuthProvider } from '../../../sdk/crypto/index.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import type { KeyPair } from '../../../sdk/crypto/suite.js'
import { prefixed } from '../../../sdk/mesh/session/prefixed.js'
import { ABOUT_NO_OFFER, encodeRefusal, encodeRefusalBody, encodeRefusalFrame } from '../../../sdk/protocol/refusal.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const anonymous: AuthProvider = { id: 'anonymous' }
const secret = (text: string): AuthProvider => ({ id: 'shared-secret', secret: encodeUtf8(text) })
const list = (...members: readonly TestMember[]): AuthProvider => {
  const identities = members.map(({ identity }) => encodeBase64url(identity.publicKey))
  return { id: 'allow-list', admits: (identity) => identities.includes(identity) }
}

/** Members with providers of their own; the smaller id comes first, so it begins. */
const setup = (providers: Readonly<Record<string, readonly AuthProvider[]>>) => {
  const world = new MeshWorld()
  const groupSecret = world.random.bytes(32)
  const admissionsOf = (own: readonly AuthProvider[]): readonly Admission[] =>
    deriveGroupKeys(world.suite, groupSecret, own).admissions
  const names = Object.keys(providers)
  const members = world.create(names, (name) => ({
    keys: { ...world.keys, admissions: admissionsOf(providers[name] ?? []) },
  }))
  const start = (): void => {
    for (const member of members) member.step({ type: 'start' })
  }
  const named = Object.fromEntries(members.map((member) => [member.name, member]))
  const verdicts = (member: TestMember): string[] =>
    member.notices.flatMap((notice) =>
      notice.type === 'refused'
        ? [`refused by ${notice.by}`]
        : notice.type === 'rejected' || notice.type === 'joined'
          ? [notice.type]
          : [],
    )
  const ada = named['ada'] as TestMember
  const bob = named['bob'] as TestMember
  return { world, members, ada, bob, named, start, verdicts }
}

const linksOf = (world: MeshWorld): number => [...world.ends.values()].filter(({ state }) => state === 'open').length

describe('auth providers', () => {
  it('A1: members with the same secret have a session, under a key that the group key alone does not give', () => {
    const { world, ada, start } = setup({ ada: [secret('x')], bob: [secret('x')] })
    start()
    world.runUntil(() => world.isWhole)
    expect(ada.notices.filter(({ type }) => type === 'refused')).toEqual([])
  })

  it.each([
    ['begins', 'ada'],
    ['is begun with', 'bob'],
  ])('A4, A5: with another secret both hear of it within 2 s, before any link: the newcomer %s', (_part, newcomer) => {
    const { world, ada, bob, verdicts } = setup({ ada: [secret('x')], bob: [secret('y')] })
    const [first, second] = newcomer === 'ada' ? [bob, ada] : [ada, bob]
    first.step({ type: 'start' })
    world.run(500)
    second.step({ type: 'start' })
    world.run(2_000)
    expect(verdicts(first)).toEqual(['joined', expect.stringMatching(/^refused by/)])
    expect(verdicts(second)).toEqual([expect.stringMatching(/^refused by/), 'rejected'])
    expect(linksOf(world)).toBe(0)
    expect(first.engine.members()).toEqual([first.id])
  })

  it('A2: members without a provider in common refuse each other by their hellos, and neither shakes hands', () => {
    const { world, ada, bob, start, verdicts } = setup({ ada: [secret('x')], bob: [anonymous] })
    start()
    world.run(2_000)
    expect(verdicts(ada)).toContain('refused by me')
    expect(verdicts(bob)).toContain('refused by them')
    expect(world.server.signals.filter(({ payload }) => payload[0] === FRAME.HS1)).toEqual([])
  })

  it('A2: the one that begins takes the first of its own that the other has too', () => {
    const { world, start } = setup({ ada: [secret('x'), anonymous], bob: [anonymous, secret('y')] })
    start()
    world.run(2_000)
    // Both have a shared secret, and ada begins with that; anonymous would have done.
    expect(world.isWhole).toBe(false)
    const other = setup({ ada: [anonymous, secret('x')], bob: [secret('y'), anonymous] })
    other.start()
    other.world.runUntil(() => other.world.isWhole, 2_000)
  })

  it('A3: an allow list lets in whom both have on theirs', () => {
    const providers: Record<string, AuthProvider[]> = { ada: [], bob: [], eve: [] }
    const world = new MeshWorld()
    const groupSecret = world.random.bytes(32)
    const members: TestMember[] = []
    const listed: AuthProvider = { id: 'allow-list', admits: (identity) => allowed.has(identity) }
    const { admissions } = deriveGroupKeys(world.suite, groupSecret, [listed])
    members.push(...world.create(Object.keys(providers), { keys: { ...world.keys, admissions } }))
    const allowed = new Set(members.slice(0, 2).map(({ identity }) => encodeBase64url(identity.publicKey)))
    for (const member of members) member.step({ type: 'start' })
    world.run(3_000)
    const [ada, bob, eve] = members as [TestMember, TestMember, TestMember]
    expect(ada.engine.members()).toEqual([ada.id, bob.id])
    expect(eve.engine.members()).toEqual([eve.id])
    expect(eve.notices.map(({ type }) => type)).toContain('rejected')
  })

  it('A3, A4: one side alone that does not let the other in is enough, and both hear of it', () => {
    for (const wary of ['ada', 'bob']) {
      const { world, ada, bob, members, start, verdicts } = setup({
        ada: [wary === 'ada' ? list() : { id: 'allow-list' }],
        bob: [wary === 'bob' ? list() : { id: 'allow-list' }],
      })
      start()
      world.run(2_000)
      const [refusing, refused] = wary === 'ada' ? [ada, bob] : [bob, ada]
      expect(verdicts(refusing)).toContain('refused by me')
      expect(verdicts(refused)).toContain('refused by them')
      for (const member of members) expect(member.engine.members()).toEqual([member.id])
    }
  })

  it('A5: a newcomer whom one member refuses and another lets in is joined', () => {
    const { world, named, verdicts } = setup({ ada: [secret('x')], bob: [secret('y'), anonymous], cyd: [anonymous] })
    const { ada, bob, cyd } = named as Record<'ada' | 'bob' | 'cyd', TestMember>
    ada.step({ type: 'start' })
    bob.step({ type: 'start' })
    world.run(3_000)
    cyd.step({ type: 'start' })
    world.run(3_000)
    expect(verdicts(cyd)).toContain('joined')
    expect(verdicts(cyd)).not.toContain('rejected')
    expect(cyd.engine.members()).toEqual([cyd.id, bob.id])
  })

  it('A4: nobody can refuse in the name of another, nor end a session by a refusal', () => {
    const { world, ada, bob, start } = setup({ ada: [anonymous], bob: [anonymous] })
    const refusalBy = (identity: KeyPair): Uint8Array => {
      const { suite, keys } = world
      const [from, to] = [ada.engine.idBytes, bob.engine.idBytes]
      const body = { from, to, about: ABOUT_NO_OFFER }
      const signature = suite.sign(identity.secretKey, 'refusal', concatBytes(keys.topic, encodeRefusalBody(body)))
      const ad = prefixed('refuse', keys.topic)
      return encodeRefusalFrame(suite.sealRandom(keys.helloKey, ad, encodeRefusal({ ...body, signature })))
    }
    world.server.tamper = (_member, frame) => frame.type === 'signal' && frame.payload[0] === FRAME.HS1
    start()
    world.run(100)
    // Mallory has the group key, and no more.
    world.server.pass(ada, bob, refusalBy(world.suite.identityKeys()))
    world.run(100)
    expect(bob.notices.filter(({ type }) => type === 'refused')).toEqual([])
    world.server.tamper = null
    world.runUntil(() => world.isWhole)
    world.server.pass(ada, bob, refusalBy(ada.identity))
    world.run(5_000)
    expect(world.isWhole).toBe(true)
    expect(bob.notices.filter(({ type }) => type === 'refused')).toEqual([])
  })

  it('H13: who sends handshakes that are none is not listened to for a second, and then again', () => {
    const { world, ada, bob, start } = setup({ ada: [anonymous], bob: [anonymous] })
    let tries = 0
    world.server.tamper = (member, frame) => {
      if (member !== ada || frame.type !== 'signal' || frame.payload[0] !== FRAME.HS1) return false
      for (let i = 0; i < 200; i++) {
        const noise = world.random.bytes(300)
        noise[0] = FRAME.HS1
        world.server.pass(ada, bob, noise)
        tries++
      }
      world.server.tamper = null
      return true
    }
    start()
    world.run(500)
    expect(tries).toBe(200)
    expect(bob.handshakes).toBeLessThanOrEqual(10)
    world.runUntil(() => world.isWhole, 200_000)
  })
})
