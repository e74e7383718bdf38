import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeNote, encodeNote, type Note } from '../../../demo/2-chat/note.js'

it.each<Note>([
  { type: 'links', to: ['a', 'b'] },
  { type: 'file', file: 'f', name: 'naïve 🧶.txt', mime: 'text/plain', size: 12 },
  { type: 'slice', file: 'f', offset: 4, bytes: Uint8Array.of(0, 255, 7) },
  { type: 'slice', file: 'f', offset: 0, bytes: new Uint8Array() },
  { type: 'stop', file: 'f' },
])('decodeNote gives back what encodeNote was given: $type', (note) => {
  expect(decodeNote(encodeNote(note))).toEqual(note)
})

it('decodeNote reads bytes that are part of something larger', () => {
  const encoded = encodeNote({ type: 'slice', file: 'f', offset: 4, bytes: Uint8Array.of(1, 2) })
  const larger = new Uint8Array(encoded.length + 20)
  larger.set(encoded, 7)
  expect(decodeNote(larger.subarray(7, 7 + encoded.length))).toMatchObject({ bytes: Uint8Array.of(1, 2) })
})

it('decodeNote gives null for random bytes and does not throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(decodeNote(bytes)).toBeNull()
    }),
  )
})

const withHead = (head: unknown): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(head))
  return Uint8Array.of(text.length >> 8, text.length & 255, ...text)
}

it.each([
  null,
  'text',
  [],
  { type: 'other' },
  { type: 'links', to: 'all' },
  { type: 'links', to: [1] },
  { type: 'links', to: Array.from({ length: 257 }, () => 'a') },
  { type: 'stop' },
  { type: 'stop', file: 'f'.repeat(65) },
  { type: 'file', file: 'f', name: 'n', mime: 'm', size: -1 },
  { type: 'file', file: 'f', name: 'n', mime: 'm', size: 1.5 },
  { type: 'file', file: 'f', name: 'n'.repeat(256), mime: 'm', size: 1 },
  { type: 'file', file: 'f', name: { toString: 'n' }, mime: 'm', size: 1 },
  { type: 'slice', file: 'f', offset: '0' },
])('decodeNote gives null for a head that is not one of ours: %j', (head) => {
  expect(decodeNote(withHead(head))).toBeNull()
})
