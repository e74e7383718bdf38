import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Inbox, type InMessage } from '../../../sdk/mesh/stream/inbox.js'
import type { OutMessage, Submission } from '../../../sdk/mesh/stream/out-message.js'
import { Outbox } from '../../../sdk/mesh/stream/outbox.js'

const window = 4_096
const tag = new Uint8Array(4)

const message = (number: number, size: number, fields: Partial<OutMessage> = {}): OutMessage => ({
  to: 'all',
  number,
  afterBroadcast: 0,
  order: [],
  text: false,
  end: false,
  bytes: Uint8Array.from({ length: size }, (_, index) => (number * 31 + index) & 0xff),
  submission: null,
  receipt: null,
  isOwed: true,
  ...fields,
})

const setup = (windowBytes = window) => {
  const released: number[] = []
  const outbox = new Outbox({
    recipient: 'bob',
    terms: {
      opening: null,
      windowBytes,
      firstCredit: windowBytes,
      onAdmitted: (submission) => {
        if (submission.waiting === 0) released.push(submission.id)
      },
    },
  })
  return { outbox, released }
}

const createInbox = (firstBroadcast = 1, firstPrivate = 1): Inbox =>
  new Inbox({ maxBytes: 1_000_000, myTag: tag }, { firstBroadcast, firstPrivate })

/** Takes all that the outbox gives now. */
const drain = (outbox: Outbox, budget = 70_000) => {
  const chunks = []
  for (let next = outbox.next(budget); next !== null; next = outbox.next(budget)) chunks.push(next)
  return chunks
}

describe('Outbox', () => {
  it('cuts a message into pieces of the budget, and says where each belongs', () => {
    const { outbox } = setup(100_000)
    outbox.push(message(1, 5_000))
    const pieces = drain(outbox, 2_040)
    expect(pieces.map(({ offset, total, first, bytes }) => [offset, total, first, bytes.length])).toEqual([
      [0, 5_000, true, 2_000],
      [2_000, 5_000, false, 2_000],
      [4_000, 5_000, false, 1_000],
    ])
  })

  it('gives nothing for a budget that is too small to be worth a piece, but for the end of a message', () => {
    const { outbox } = setup(100_000)
    outbox.push(message(1, 2_000))
    expect(outbox.next(500)).toBeNull()
    expect(outbox.next(1_940)?.bytes).toHaveLength(1_900)
    expect(outbox.next(141)?.bytes).toHaveLength(100)
  })

  it('sends an empty message as one piece', () => {
    const { outbox } = setup()
    outbox.push(message(1, 0))
    expect(drain(outbox)).toMatchObject([{ number: 1, first: true, total: 0 }])
    expect(outbox.acknowledge(2, 1, 0, window)).toBe(true)
    expect([outbox.isEmpty, outbox.unacknowledgedBytes]).toEqual([true, 0])
  })

  it.each([0, 1, window - 1])('T7: is no part of the tree while it may send less than a window (%i)', (credit) => {
    const { outbox } = setup()
    outbox.joinTree({ number: 1, offset: 0 })
    for (let number = 1; number <= 4; number++) outbox.push(message(number, 100))
    outbox.passed({ number: 3, offset: 0 })
    expect([outbox.isByTree, outbox.treeLimit, drain(outbox)]).toEqual([true, 4, []])
    expect(outbox.acknowledge(2, 1, 0, credit)).toBe(true)
    expect(outbox.isByTree).toBe(false)
    outbox.joinTree({ number: 3, offset: 0 })
    expect(outbox.isByTree).toBe(false)
    expect(outbox.acknowledge(2, 1, 0, window)).toBe(true)
    expect(drain(outbox).map(({ number }) => number)).toEqual([2, 3, 4])
    outbox.joinTree({ number: 3, offset: 0 })
    expect(outbox.isByTree).toBe(true)
  })

  it('P9: stops when the window is full and goes on with the acknowledgement', () => {
    const { outbox } = setup()
    for (let number = 1; number <= 10; number++) outbox.push(message(number, 1_000))
    const sent = drain(outbox)
    expect(sent.map(({ number }) => number)).toEqual([1, 2, 3, 4])
    expect(outbox.acknowledge(3, 1, 0, window)).toBe(true)
    expect(drain(outbox).map(({ number }) => number)).toEqual([5, 6])
  })

  it('P6: sends nothing on credit 0, and all again with credit', () => {
    const { outbox } = setup()
    outbox.push(message(1, 1_000))
    outbox.push(message(2, 1_000))
    expect(outbox.next(1_100)?.number).toBe(1)
    expect(outbox.acknowledge(2, 1, 0, 0)).toBe(true)
    expect([outbox.isReady, outbox.next(70_000)]).toEqual([false, null])
    expect(outbox.acknowledge(2, 1, 0, window)).toBe(true)
    expect(outbox.next(70_000)?.number).toBe(2)
  })

  it('probes with one piece, and sends the rest when that is acknowledged', () => {
    const { outbox } = setup()
    for (let number = 1; number <= 3; number++) outbox.push(message(number, 1_000))
    drain(outbox)
    expect([outbox.isReady, outbox.isWaiting]).toEqual([false, true])
    outbox.probe()
    expect(drain(outbox).map(({ number }) => number)).toEqual([1])
    expect(outbox.acknowledge(2, 1, 0, window)).toBe(true)
    expect(drain(outbox).map(({ number }) => number)).toEqual([2, 3])
  })

  it('probes without a piece while it is given no credit, and goes on when it is given some', () => {
    const { outbox } = setup()
    for (let number = 1; number <= 3; number++) outbox.push(message(number, 1_000))
    expect(outbox.next(1_100)?.number).toBe(1)
    expect(outbox.acknowledge(2, 1, 0, 0)).toBe(true)
    expect([outbox.isReady, outbox.isWaiting]).toEqual([false, true])
    outbox.probe()
    expect(drain(outbox)).toEqual([])
    expect(outbox.isPreludeDue).toBe(true)
    expect(outbox.takePrelude()).toEqual({ type: 'reset', stream: 0, nextBroadcast: 2, nextPrivate: 1 })
    expect(outbox.acknowledge(2, 1, 0, window)).toBe(true)
    expect(drain(outbox).map(({ number }) => number)).toEqual([2, 3])
  })

  it('takes no more credit than its own window', () => {
    const { outbox } = setup()
    for (let number = 1; number <= 10; number++) outbox.push(message(number, 1_000))
    expect(outbox.acknowledge(1, 1, 0, 2 ** 53 - 1)).toBe(true)
    expect(drain(outbox)).toHaveLength(4)
  })

  it('releases a submission when the window has room for its message', () => {
    const { outbox, released } = setup()
    const submissions: Submission[] = []
    for (let number = 1; number <= 6; number++) {
      const submission = { id: number, waiting: 0 }
      submissions.push(submission)
      outbox.push(message(number, 2_000, { submission }))
    }
    expect(released).toEqual([1, 2])
    drain(outbox)
    outbox.acknowledge(3, 1, 0, window)
    expect(released).toEqual([1, 2, 3, 4])
    outbox.clear()
    expect(released).toEqual([1, 2, 3, 4, 5, 6])
    expect(submissions.map(({ waiting }) => waiting)).toEqual([0, 0, 0, 0, 0, 0])
    expect([outbox.isEmpty, outbox.isWaiting]).toEqual([true, false])
  })

  it.each([
    ['a message that waits', [3, 1, 0]],
    ['a byte that waits', [2, 1, 1_061]],
    ['a byte behind the end of a message that was sent', [1, 1, 1_000]],
    ['a byte far behind it', [1, 1, 2 ** 40]],
  ] as const)('refuses an acknowledgement of %s', (_name, [nextBroadcast, nextPrivate, offset]) => {
    const { outbox } = setup(2_000)
    outbox.push(message(1, 1_000))
    outbox.push(message(2, 5_000))
    expect(outbox.next(1_100)?.number).toBe(1)
    expect(outbox.next(1_100)?.number).toBe(2)
    expect(outbox.acknowledge(nextBroadcast, nextPrivate, offset, window)).toBe(false)
    expect(outbox.acknowledge(2, 1, 1_060, window)).toBe(true)
    expect(outbox.acknowledge(2, 1, 1_061, window)).toBe(false)
  })

  it('is not moved by an acknowledgement that was overtaken', () => {
    const { outbox } = setup(20_000)
    outbox.push(message(1, 3_000))
    outbox.push(message(2, 3_000))
    drain(outbox)
    expect(outbox.acknowledge(2, 1, 0, 20_000)).toBe(true)
    expect(outbox.acknowledge(1, 1, 2_500, 20_000)).toBe(true)
    outbox.rewind()
    expect(drain(outbox)).toMatchObject([{ number: 2, first: true, offset: 0 }])
  })

  it('P10: sends again from the last acknowledged byte when it is rewound', () => {
    const { outbox } = setup(20_000)
    outbox.push(message(1, 3_000))
    outbox.push(message(1, 500, { to: 'one', afterBroadcast: 1 }))
    drain(outbox)
    outbox.acknowledge(1, 1, 1_200, 20_000)
    outbox.rewind()
    expect(drain(outbox).map(({ type, offset, bytes }) => [type, offset, bytes.length])).toEqual([
      ['all', 1_200, 1_800],
      ['one', 0, 500],
    ])
  })

  it('counts the private messages that have arrived', () => {
    const { outbox } = setup()
    outbox.push(message(1, 10, { to: 'one' }))
    outbox.push(message(2, 10, { to: 'one' }))
    drain(outbox)
    outbox.acknowledge(1, 2, 0, window)
    expect(outbox.nextPrivate).toBe(2)
  })

  it('H9: restarts at the numbers that were agreed on: what is before is let go, the rest is sent again', () => {
    const { outbox, released } = setup()
    for (let number = 1; number <= 6; number++) {
      outbox.push(message(number, 2_000, { submission: { id: number, waiting: 0 } }))
    }
    drain(outbox)
    expect(released).toEqual([1, 2])
    outbox.restart(4, 1)
    expect(released).toEqual([1, 2, 3, 4, 5])
    expect(drain(outbox).map(({ number }) => number)).toEqual([4, 5])
    expect(outbox.acknowledge(6, 1, 0, window)).toBe(true)
    expect(drain(outbox).map(({ number }) => number)).toEqual([6])
    expect(released).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('P18: lets go of everything that failed, and says first where it goes on', () => {
    const { outbox, released } = setup()
    for (let number = 1; number <= 4; number++) {
      outbox.push(message(number, 2_000, { submission: { id: number, waiting: 0 } }))
    }
    drain(outbox)
    const unsettled = outbox.fail(5, 1)
    expect(unsettled.map(({ message: { number }, isSent }) => [number, isSent])).toEqual([
      [1, true],
      [2, true],
      [3, false],
      [4, false],
    ])
    expect([outbox.isEmpty, released]).toEqual([true, [1, 2, 3, 4]])
    outbox.push(message(5, 10))
    expect([outbox.isPreludeDue, outbox.next(70_000)]).toEqual([true, null])
    expect(outbox.takePrelude()).toMatchObject({ nextBroadcast: 5, nextPrivate: 1 })
    expect(drain(outbox).map(({ number }) => number)).toEqual([5])
    // What it had got before is no answer to that.
    expect(outbox.acknowledge(3, 1, 0, window)).toBe(true)
    outbox.rewind()
    expect(outbox.isPreludeDue).toBe(true)
    outbox.takePrelude()
    expect(outbox.acknowledge(5, 1, 0, window)).toBe(true)
    outbox.rewind()
    expect(outbox.isPreludeDue).toBe(false)
  })

  it('P18: takes no credit for granted after a failure', () => {
    const { outbox } = setup()
    outbox.push(message(1, 10))
    drain(outbox)
    outbox.acknowledge(1, 1, 0, 0)
    outbox.fail(2, 1)
    outbox.push(message(2, 10))
    outbox.takePrelude()
    expect(outbox.next(70_000)).toBeNull()
  })

  it('H9, P18: begins a new stream behind what has failed since its numbers were named', () => {
    const { outbox } = setup()
    outbox.push(message(1, 10))
    outbox.push(message(2, 10))
    outbox.fail(3, 1)
    outbox.takePrelude()
    outbox.push(message(3, 10))
    outbox.restart(2, 1)
    expect([outbox.isPreludeDue, outbox.takePrelude()]).toMatchObject([true, { nextBroadcast: 3, nextPrivate: 1 }])
    expect(drain(outbox).map(({ number }) => number)).toEqual([3])
    outbox.restart(4, 1)
    expect(outbox.isPreludeDue).toBe(false)
  })

  it('P13, P18: brings all that has not failed to the other side once and in order, whatever is lost and sent again', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), size: fc.nat(6_000), one: fc.boolean() }) },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('send' as const), budget: fc.integer({ min: 60, max: 9_000 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('lose' as const), budget: fc.integer({ min: 60, max: 9_000 }) }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('ack' as const), credit: fc.constantFrom(0, 500, window) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('rewind' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const) }) },
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const { outbox, released } = setup()
        const inbox = createInbox()
        const pushed: OutMessage[] = []
        const arrived: InMessage[] = []
        /** Of what has failed, by whether it may have arrived. */
        const failed = new Map<Uint8Array, boolean>()
        const rejected = new Set<number>()
        const positions = [inbox.position]
        let nextBroadcast = 1
        let nextPrivate = 1
        const acknowledge = (credit: number): void => {
          const at = inbox.position
          positions.push(at)
          expect(outbox.acknowledge(at.nextBroadcast, at.nextPrivate, at.offset, credit)).toBe(true)
        }
        const send = (budget: number): void => {
          if (outbox.isPreludeDue) {
            const reset = outbox.takePrelude()
            if (reset.type === 'reset') inbox.skipTo(reset.nextBroadcast, reset.nextPrivate)
          }
          const chunk = outbox.next(budget)
          const whole = chunk && inbox.accept(chunk)
          if (whole) arrived.push(whole)
        }
        for (const step of actions) {
          if (step.do === 'push') {
            const order = step.one || nextPrivate === 1 ? [] : [{ tag, lastPrivate: nextPrivate - 1 }]
            const pushedMessage = step.one
              ? message(nextPrivate++, step.size, { to: 'one', afterBroadcast: nextBroadcast - 1 })
              : message(nextBroadcast++, step.size, { order })
            const submission = { id: pushed.length, waiting: 0 }
            pushed.push(pushedMessage)
            outbox.push({ ...pushedMessage, submission })
          } else if (step.do === 'send') send(step.budget)
          else if (step.do === 'lose') {
            if (outbox.isPreludeDue) outbox.takePrelude()
            outbox.next(step.budget)
          } else if (step.do === 'stall') {
            for (const { message, isSent, isWaiting } of outbox.fail(nextBroadcast, nextPrivate)) {
              failed.set(message.bytes, isSent)
              if (isWaiting && message.to === 'one') rejected.add(message.submission?.id ?? 0)
            }
          } else if (step.do === 'ack') acknowledge(step.credit)
          else if (step.do === 'rewind') outbox.rewind()
          else {
            const late = positions[positions.length >> 1] as (typeof positions)[0]
            expect(outbox.acknowledge(late.nextBroadcast, late.nextPrivate, late.offset, window)).toBe(true)
          }
          expect(outbox.unacknowledgedBytes).toBeLessThanOrEqual(window + 9_000 + 64)
        }
        for (let round = 0; round === 0 || !outbox.isEmpty || outbox.isWaiting; round++) {
          expect(round).toBeLessThan(2_000)
          acknowledge(window)
          outbox.rewind()
          for (let i = 0; i < 5; i++) send(9_000)
          acknowledge(window)
        }
        const describe = ({ to, bytes }: OutMessage | InMessage) => `${to === 'all' ? 'all' : 'me'} ${String(bytes)}`
        const texts = arrived.map(describe)
        // Of what failed some may have arrived, in its place, if so it was said.
        const due = pushed.filter((sent) => failed.get(sent.bytes) !== false)
        let at = 0
        for (const sent of due) {
          if (texts[at] === describe(sent)) at++
          else expect(failed.get(sent.bytes)).toBe(true)
        }
        expect(at).toBe(texts.length)
        expect([outbox.isEmpty, outbox.isWaiting, outbox.unacknowledgedBytes]).toEqual([true, false, 0])
        expect(released).toEqual(pushed.map((_, index) => index).filter((index) => !rejected.has(index)))
      }),
      { numRuns: 150 },
    )
  })
})
