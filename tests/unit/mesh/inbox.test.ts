import { describe, expect, it } from 'vitest'
import { Inbox } from '../../../sdk/mesh/stream/inbox.js'
import { ProtocolViolation } from '../../../sdk/mesh/violation.js'
import { chunk, privateChunk } from '../../support/mesh-villain.js'

const myTag = Uint8Array.of(1, 2, 3, 4)
const otherTag = Uint8Array.of(9, 9, 9, 9)

const createInbox = (maxBytes = 10_000_000): Inbox =>
  new Inbox({ maxBytes, myTag }, { firstBroadcast: 1, firstPrivate: 1 })

const bytes = (size: number, value = 7): Uint8Array => new Uint8Array(size).fill(value)
const later = (offset: number, size: number, number = 1) =>
  chunk({ number, first: false, total: 0, offset, bytes: bytes(size) })

describe('Inbox', () => {
  it('lets a whole message through with its kind', () => {
    const inbox = createInbox()
    expect(inbox.accept(chunk({ number: 1, text: true, bytes: bytes(3) }))).toEqual({
      to: 'all',
      kind: 'text',
      end: false,
      bytes: bytes(3),
    })
    expect(inbox.accept(privateChunk({ number: 1, bytes: bytes(0) }))).toEqual({
      to: 'me',
      kind: 'binary',
      end: false,
      bytes: bytes(0),
    })
    expect(inbox.position).toEqual({ nextBroadcast: 2, nextPrivate: 2, offset: 0 })
  })

  it('keeps no view of what it was given', () => {
    const inbox = createInbox()
    const given = bytes(3)
    const message = inbox.accept(chunk({ number: 1, bytes: given }))
    given.fill(0)
    expect(message?.bytes).toEqual(bytes(3))
  })

  it('P5: keeps of what waits no view of its frame, and no word of it that is meant for others', () => {
    const inbox = createInbox()
    const frame = new Uint8Array(65_536)
    frame.set(myTag)
    const order = [
      { tag: frame.subarray(0, 4), lastPrivate: 1 },
      ...Array.from({ length: 31 }, () => ({ tag: frame.subarray(4, 8), lastPrivate: 9 })),
    ]
    expect(inbox.accept(chunk({ number: 1, order, bytes: frame.subarray(8, 10) }))).toBeNull()
    frame.fill(0)
    // Had it read the tags of the frame that is there now, it would take this for the first.
    expect(inbox.takeNext()).toBeNull()
    inbox.accept(privateChunk({ number: 1 }))
    expect(inbox.takeNext()?.bytes).toEqual(bytes(2, 0))
  })

  it('P5: counts small pieces for what they hold', () => {
    const inbox = createInbox()
    for (let number = 2; number < 40_000; number++) inbox.accept(chunk({ number, bytes: bytes(1) }))
    expect(inbox.heldBytes).toBeLessThanOrEqual(4_194_304)
    inbox.accept(chunk({ number: 1 }))
    let count = 0
    while (inbox.takeNext() !== null) count++
    expect(count).toBeLessThan(17_000)
  })

  it('puts pieces together, and takes an overlap for what is new in it', () => {
    const inbox = createInbox()
    expect(inbox.accept(chunk({ total: 10, bytes: bytes(4, 1) }))).toBeNull()
    expect(inbox.accept(later(2, 5))).toBeNull()
    expect(inbox.position.offset).toBe(7)
    expect(inbox.accept(later(0, 10))?.bytes).toEqual(Uint8Array.of(1, 1, 1, 1, 7, 7, 7, 7, 7, 7))
  })

  it.each([
    ['a message again', chunk({ number: 1 })],
    ['a message from further on', chunk({ number: 3 })],
    ['a private message again', privateChunk({ number: 1 })],
    ['a private message from further on', privateChunk({ number: 3 })],
    ['the middle of a message that has not begun', later(5, 5, 2)],
  ])('drops %s', (_name, dropped) => {
    const inbox = createInbox()
    inbox.accept(chunk({ number: 1 }))
    inbox.accept(privateChunk({ number: 1 }))
    const before = inbox.position
    expect(inbox.accept(dropped)).toBeNull()
    expect(inbox.position).toEqual(before)
  })

  it.each([
    ['what it has', later(0, 4)],
    ['what begins beyond it', later(5, 2)],
    ['its own beginning', chunk({ total: 10, bytes: bytes(4) })],
    ['a private message', privateChunk({ number: 1 })],
  ])('while a message is under way drops %s', (_name, dropped) => {
    const inbox = createInbox()
    inbox.accept(chunk({ total: 10, bytes: bytes(4) }))
    expect(inbox.accept(dropped)).toBeNull()
    expect(inbox.position).toEqual({ nextBroadcast: 1, nextPrivate: 1, offset: 4 })
  })

  it('holds a private message back until the broadcast that it follows', () => {
    const inbox = createInbox()
    const follows = privateChunk({ number: 1, afterBroadcast: 1 })
    expect(inbox.accept(follows)).toBeNull()
    inbox.accept(chunk({ number: 1 }))
    expect(inbox.accept(follows)).not.toBeNull()
  })

  it('holds a broadcast back until the private message that it follows for me, and for nobody else', () => {
    const inbox = createInbox()
    const follows = chunk({
      number: 1,
      order: [
        { tag: otherTag, lastPrivate: 99 },
        { tag: myTag, lastPrivate: 1 },
      ],
    })
    expect(inbox.accept(follows)).toBeNull()
    inbox.accept(privateChunk({ number: 1 }))
    expect(inbox.accept(follows)).not.toBeNull()
  })

  it('begins at the numbers that were agreed on', () => {
    const inbox = new Inbox({ maxBytes: 100, myTag }, { firstBroadcast: 5, firstPrivate: 3 })
    expect(inbox.accept(chunk({ number: 4 }))).toBeNull()
    expect(inbox.accept(chunk({ number: 5 }))).not.toBeNull()
    expect(inbox.accept(privateChunk({ number: 3, afterBroadcast: 5 }))).not.toBeNull()
  })

  it('takes a message of exactly the limit and refuses one byte more before anything is held', () => {
    const inbox = createInbox(100)
    expect(inbox.accept(chunk({ number: 1, bytes: bytes(100) }))).not.toBeNull()
    expect(() => inbox.accept(chunk({ number: 2, total: 101, bytes: bytes(1) }))).toThrow(ProtocolViolation)
    expect(inbox.heldBytes).toBe(0)
  })

  it('refuses a piece beyond the end of its message', () => {
    const inbox = createInbox()
    inbox.accept(chunk({ total: 10, bytes: bytes(4) }))
    expect(() => inbox.accept(later(4, 7))).toThrow(ProtocolViolation)
    expect(() => inbox.accept(later(2 ** 53 - 10, 4))).toThrow(ProtocolViolation)
  })

  it('takes memory as bytes arrive, whatever size the message claims', () => {
    const inbox = createInbox(64 * 1_048_576)
    inbox.accept(chunk({ total: 64 * 1_048_576, bytes: bytes(1_000) }))
    expect(inbox.heldBytes).toBeLessThanOrEqual(1_048_576)
    let offset = 1_000
    for (; offset < 3_000_000; offset += 60_000) inbox.accept(later(offset, 60_000))
    expect(inbox.heldBytes).toBeLessThanOrEqual(2 * offset)
  })

  it('P18: goes on at the numbers that it is told, and never back', () => {
    const inbox = createInbox()
    inbox.skipTo(5, 3)
    inbox.skipTo(2, 4)
    inbox.skipTo(1, 1)
    expect(inbox.position).toEqual({ nextBroadcast: 5, nextPrivate: 4, offset: 0 })
    expect(inbox.accept(chunk({ number: 4 }))).toBeNull()
    expect(inbox.accept(chunk({ number: 5, order: [{ tag: myTag, lastPrivate: 3 }] }))).not.toBeNull()
    expect(inbox.accept(privateChunk({ number: 4, afterBroadcast: 5 }))).not.toBeNull()
  })

  it('P18: lets through what has waited for those that will not come', () => {
    const inbox = createInbox()
    expect(inbox.accept(chunk({ number: 3, bytes: bytes(3) }))).toBeNull()
    expect(inbox.accept(chunk({ number: 2, bytes: bytes(2) }))).toBeNull()
    inbox.skipTo(3, 1)
    expect(inbox.takeNext()?.bytes).toEqual(bytes(3))
    expect(inbox.takeNext()).toBeNull()
  })

  it('P18: gives up the message that had begun, unless that is one that still comes', () => {
    const inbox = createInbox()
    inbox.accept(chunk({ total: 10, bytes: bytes(4) }))
    inbox.skipTo(1, 2)
    expect(inbox.position.offset).toBe(4)
    inbox.skipTo(2, 2)
    expect([inbox.position.offset, inbox.heldBytes]).toEqual([0, 0])
    expect(inbox.accept(later(4, 6))).toBeNull()
  })
})
