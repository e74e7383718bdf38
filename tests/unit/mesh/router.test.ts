import { describe, expect, it } from 'vitest'
import { Router } from '../../../sdk/mesh/route/router.js'
import { Roster } from '../../../sdk/mesh/roster/roster.js'
import { setupGroupKeys, type KeyedMember } from '../../support/mesh-core.js'

type Edge = readonly [from: string, to: string, rttClass: number]

/** A roster of members by letter with what each one claims, as `[from, to, class]`; `a` is me. */
const setup = (claims: readonly Edge[], options: { deaf?: string; atMs?: number } = {}) => {
  const { suite, keys, createMembers } = setupGroupKeys()
  const letters = [...new Set(claims.flatMap(([from, to]) => [from, to]))].sort()
  const made = createMembers(letters.length)
  const members = new Map(letters.map((letter, index) => [letter, made[index] as KeyedMember]))
  const of = (letter: string): KeyedMember => members.get(letter) as KeyedMember
  const idOf = (letter: string): string => of(letter).certificate.member
  const roster = new Roster(suite, keys.topic, () => true)
  for (const letter of letters) {
    const capabilities = options.deaf?.includes(letter) === true ? 0 : 2
    roster.accept(of(letter).card(1, { capabilities }), 0)
    const own = claims.filter(([from]) => from === letter)
    roster.accept(of(letter).links(own.map(([, to, rttClass]) => [of(to), rttClass] as const)), 0)
  }
  const route = (me: string, own: string, to: string): string | null => {
    const router = new Router(roster, idOf(me))
    router.update(Array.from(own).map(idOf), options.atMs ?? 0)
    const found = router.route(idOf(to))
    const nameOf = (id: string): string => letters.find((letter) => idOf(letter) === id) ?? '?'
    return found && `${found.via.map(nameOf).join('')}>${nameOf(found.next)}`
  }
  const ways = (me: string, own: string, to: string): string[] => {
    const router = new Router(roster, idOf(me))
    router.update(Array.from(own).map(idOf), options.atMs ?? 0)
    const nameOf = (id: string): string => letters.find((letter) => idOf(letter) === id) ?? '?'
    return router.ways(idOf(to)).map(({ next }) => nameOf(next))
  }
  return { route, ways }
}

const both = (a: string, b: string, rttClass = 20): Edge[] => [
  [a, b, rttClass],
  [b, a, rttClass],
]

describe('Router', () => {
  it('finds neighbors with nobody between, and others through them', () => {
    const { route } = setup([...both('a', 'b'), ...both('b', 'c'), ...both('c', 'd')])
    expect([route('a', 'b', 'b'), route('a', 'b', 'c'), route('a', 'b', 'd')]).toEqual(['>b', 'b>b', 'bc>b'])
    expect(route('a', 'b', 'a')).toBeNull()
  })

  it('takes the faster of two ways, and the one of fewer hops where both are alike', () => {
    const slow = setup([...both('a', 'b', 60), ...both('b', 'd', 60), ...both('a', 'c', 8), ...both('c', 'd', 8)])
    expect(slow.route('a', 'bc', 'd')).toBe('c>c')
    const alike = setup([...both('a', 'b', 0), ...both('b', 'd', 0), ...both('b', 'c', 0), ...both('c', 'd', 0)])
    expect(alike.route('a', 'b', 'd')).toBe('b>b')
  })

  it('R6: takes the greater round trip of the two ends, so that nobody makes itself look near', () => {
    const claims: Edge[] = [
      ...both('a', 'b', 20),
      ['b', 'd', 0],
      ['d', 'b', 60],
      ...both('a', 'c', 20),
      ...both('c', 'd', 40),
    ]
    expect(setup(claims).route('a', 'bc', 'd')).toBe('c>c')
  })

  it('R6: takes the round trip of the end that knows it', () => {
    const claims: Edge[] = [
      ...both('a', 'b', 20),
      ['b', 'd', 255],
      ['d', 'b', 4],
      ...both('a', 'c', 20),
      ...both('c', 'd', 20),
    ]
    expect(setup(claims).route('a', 'bc', 'd')).toBe('b>b')
  })

  it('counts a link between others only when both list it', () => {
    const { route } = setup([...both('a', 'b'), ['b', 'c', 1], ...both('c', 'd')])
    expect([route('a', 'b', 'c'), route('a', 'b', 'd')]).toEqual([null, null])
  })

  it('counts my own at once, and what others claim of me never', () => {
    const { route } = setup([
      ['b', 'c', 1],
      ['c', 'b', 1],
      ['c', 'a', 1],
      ['a', 'b', 1],
    ])
    expect(route('a', 'b', 'c')).toBe('b>b')
    expect(route('a', '', 'c')).toBeNull()
  })

  it('goes through nobody who does not relay, though it ends there', () => {
    const { route } = setup([...both('a', 'b'), ...both('b', 'c')], { deaf: 'b' })
    expect([route('a', 'b', 'b'), route('a', 'b', 'c')]).toEqual(['>b', null])
  })

  it('goes round who does not relay', () => {
    const claims = [...both('a', 'b', 1), ...both('b', 'd', 1), ...both('a', 'c', 60), ...both('c', 'd', 60)]
    expect(setup(claims, { deaf: 'b' }).route('a', 'bc', 'd')).toBe('c>c')
  })

  it('counts no record that was not signed anew', () => {
    const { route } = setup([...both('a', 'b'), ...both('b', 'c')], { atMs: 150_000 })
    expect([route('a', 'b', 'b'), route('a', 'b', 'c')]).toEqual(['>b', null])
  })

  it('R6: sends what is for a neighbor over the link to it, however slow, and counts on others to do so', () => {
    const { route } = setup([
      ...both('a', 'b', 10),
      ...both('b', 'c', 10),
      ...both('c', 'd', 10),
      ...both('b', 'd', 90),
      ...both('a', 'e', 30),
      ...both('e', 'd', 30),
    ])
    expect([route('b', 'acd', 'd'), route('a', 'be', 'd')]).toEqual(['>d', 'e>e'])
  })

  it('R12: knows of every first step that does not come back, the best first', () => {
    const claims: Edge[] = [
      ...both('a', 'b', 10),
      ...both('b', 'd', 10),
      ...both('a', 'c', 10),
      ...both('c', 'd', 30),
      ...both('a', 'e', 10),
      // Its own way leads over me.
      ...both('e', 'f', 120),
      ...both('f', 'd', 10),
    ]
    expect(setup(claims).ways('a', 'bce', 'd')).toEqual(['b', 'c'])
  })

  it('never leads two members that know the same at each other', () => {
    const claims = [
      ...both('a', 'b', 30),
      ...both('b', 'c', 90),
      ...both('a', 'd', 90),
      ...both('d', 'c', 30),
      ...both('a', 'c', 130),
    ]
    const { route } = setup(claims)
    const links: Record<string, string> = { a: 'bdc', b: 'ac', d: 'ac' }
    for (const [me, own] of Object.entries(links)) {
      const seen = new Set([me])
      for (let at = me; at !== 'c';) {
        const next = route(at, links[at] ?? own, 'c')?.at(-1) ?? '?'
        expect(seen.has(next)).toBe(false)
        seen.add(next)
        at = next
      }
    }
  })
})
