import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderOf, type WriterEntry } from '../../../sdk/log/shared/order.js'

const NOBODY = new Uint8Array(32)

type Seen = Readonly<Record<string, number>>
const seenOf = (seen: Seen) => Object.entries(seen).map(([writer, length]) => ({ writer, length }))

const value = (seen: Seen = {}): WriterEntry => ({
  seen: seenOf(seen),
  action: { type: 'value', value: new Uint8Array() },
  whom: '',
})
const lets = (whom: string, isAdmin = false, seen: Seen = {}): WriterEntry => ({
  seen: seenOf(seen),
  action: { type: 'authorize', key: NOBODY, isAdmin },
  whom,
})
const revokes = (whom: string, length: number, seen: Seen = {}): WriterEntry => ({
  seen: seenOf(seen),
  action: { type: 'revoke', key: NOBODY, length },
  whom,
})

type Logs = Readonly<Record<string, readonly WriterEntry[]>>

/** Entries that count, as `writer index`. */
const order = (logs: Logs): string[] =>
  orderOf(new Map(Object.entries(logs)), 'a').entries.map(({ writer, index }) => `${writer}${index}`)

const rights = (logs: Logs): Record<string, string> =>
  Object.fromEntries(
    [...orderOf(new Map(Object.entries(logs)), 'a').rights].map(([writer, { isAdmin, end }]) => [
      writer,
      `${isAdmin ? 'admin' : 'writer'} to ${end}`,
    ]),
  )

describe('the order of a shared log', () => {
  it('J41: has each entry behind all that its writer had seen', () => {
    expect(order({ a: [lets('b'), value({ b: 1 }), value()], b: [value({ a: 1 }), value({ a: 2 })] })).toEqual([
      'a0',
      'b0',
      'a1',
      'a2',
      'b1',
    ])
  })

  it('leaves out who was not let in, and what came before', () => {
    expect(order({ a: [value()], b: [value({ a: 1 })] })).toEqual(['a0'])
    expect(order({ a: [value(), value(), lets('b')], b: [value(), value({ a: 3 })] })).toEqual(['a0', 'a1', 'a2', 'b1'])
    expect(rights({ a: [lets('b')], b: [lets('c')], c: [value()] })).toEqual({
      a: 'admin to Infinity',
      b: 'writer to Infinity',
    })
  })

  it('waits for what an entry had seen and is not here, and for ever for what goes in a circle', () => {
    expect(order({ a: [lets('b'), value({ b: 1 }), value()], b: [] })).toEqual(['a0'])
    expect(order({ a: [lets('b'), value({ b: 2 })], b: [value({ a: 1 }), value({ a: 2 })] })).toEqual(['a0', 'b0'])
  })

  it('lets admins let others in', () => {
    const logs = { a: [lets('b', true)], b: [lets('c', false, { a: 1 })], c: [value({ b: 1 })] }
    expect(order(logs)).toEqual(['a0', 'b0', 'c0'])
  })

  it('J42: keeps of who is revoked what the revocation says, whatever else comes', () => {
    const late = { a: [lets('b'), revokes('b', 1, { b: 1 })], b: [value({ a: 1 }), value(), value()] }
    expect([order(late), rights(late).b]).toEqual([['a0', 'b0', 'a1'], 'writer to 1'])
    // Also once more let in.
    const again = { ...late, a: [...late.a, lets('b')] }
    expect(order(again)).toEqual(['a0', 'b0', 'a1', 'a2'])
  })

  it('takes with a revocation what the revoked had done behind it', () => {
    const logs = {
      a: [lets('b', true), revokes('b', 0)],
      b: [lets('c', false, { a: 1 })],
      c: [value({ b: 1 })],
    }
    expect(order(logs)).toEqual(['a0', 'a1'])
  })

  it('lets the first in order count of two who revoke each other, and nobody revoke the founder', () => {
    const logs = {
      a: [lets('b', true), lets('c', true)],
      b: [revokes('c', 0, { a: 2 })],
      c: [revokes('b', 0, { a: 2 })],
    }
    expect(rights(logs)).toEqual({ a: 'admin to Infinity', b: 'admin to Infinity', c: 'admin to 0' })
    expect(rights({ a: [lets('b', true)], b: [revokes('a', 0, { a: 1 })] }).a).toBe('admin to Infinity')
  })

  it('is the same whoever has the same logs, and only grows by more of those who knew all', () => {
    const names = ['a', 'b', 'c', 'd']
    const step = fc.record({
      writer: fc.constantFrom(...names),
      whom: fc.constantFrom(...names),
      kind: fc.constantFrom('value', 'value', 'value', 'let', 'admin', 'revoke'),
      /** How much less than all it had seen. */
      blind: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const logs: Record<string, WriterEntry[]> = { a: [], b: [], c: [], d: [] }
        for (const { writer, whom, kind, blind } of steps) {
          const seen: Record<string, number> = {}
          names.forEach((name, at) => {
            const length = (logs[name] as WriterEntry[]).length - (blind[at] as number)
            if (name !== writer && length > 0) seen[name] = length
          })
          const entry =
            kind === 'value'
              ? value(seen)
              : kind === 'revoke'
                ? revokes(whom, (logs[whom] as WriterEntry[]).length - 1 > 0 ? 1 : 0, seen)
                : lets(whom, kind === 'admin', seen)
          ;(logs[writer] as WriterEntry[]).push(entry)
        }
        const all = orderOf(new Map(Object.entries(logs)), 'a')
        const backwards = orderOf(new Map(Object.entries(logs).reverse()), 'a')
        expect(backwards.entries).toEqual(all.entries)
        expect(new Map([...backwards.rights].sort())).toEqual(new Map([...all.rights].sort()))
        // What is in order is so in each log, and behind what it had seen.
        const places = new Map(all.entries.map(({ writer, index }, at) => [`${writer}${index}`, at]))
        for (const { writer, index, entry } of all.entries) {
          const at = places.get(`${writer}${index}`) as number
          for (const seen of entry.seen) expect(places.get(`${seen.writer}${seen.length - 1}`) ?? -1).toBeLessThan(at)
          expect(index === 0 || (places.get(`${writer}${index - 1}`) ?? -1) < at).toBe(true)
        }
      }),
    )
  })
})
