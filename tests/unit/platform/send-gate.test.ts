import { expect, test } from 'vitest'
import { SendGate, type SendGateOptions } from '../../../sdk/platform/send-gate.js'
import { createFakePlatform } from '../../support/fake-platform.js'

const KiB = 1024

/** A channel that drains when told, and fires its low event if it has one. */
const setup = (options: Partial<SendGateOptions> & { readonly lowEvent?: boolean } = {}) => {
  const { lowEvent = true, ...rest } = options
  const clock = createFakePlatform()
  const reports: number[] = []
  const bulkReports: number[] = []
  let buffered = 0
  let threshold = 0
  const gate = new SendGate({
    buffered: () => buffered,
    startBytes: 128 * KiB,
    maxBytes: 1024 * KiB,
    largestBytes: 64 * KiB,
    pollMs: 4,
    platform: clock.platform,
    setLowThreshold: (bytes) => {
      threshold = bytes
    },
    onRoom: (bytes, bulk) => {
      reports.push(bytes)
      bulkReports.push(bulk)
    },
    ...rest,
  })
  return {
    gate,
    reports,
    bulkReports,
    clock,
    /** Checks run in microtasks. */
    write: async (bytes: number): Promise<void> => {
      buffered += bytes
      gate.wrote(bytes)
      await Promise.resolve()
    },
    drain: (bytes: number, ms = 0): void => {
      clock.advance(ms)
      const before = buffered
      buffered = Math.max(0, buffered - bytes)
      if (lowEvent && before > threshold && buffered <= threshold) gate.drained()
    },
    setBuffered: (bytes: number): void => {
      buffered = bytes
    },
  }
}

/** Fills and drains the buffer at this rate until `times` have passed. */
const run = async (subject: ReturnType<typeof setup>, times: number, bytesPerMs: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    const bytes = subject.gate.room
    await subject.write(bytes)
    subject.drain(bytes, bytes / bytesPerMs)
  }
}

test('SendGate says nothing while most of the room is left', async () => {
  const { write, drain, reports, clock } = setup()
  await write(32 * KiB)
  drain(32 * KiB)
  clock.advance(1_000)
  expect(reports).toEqual([])
})

test('SendGate reports room once the buffer has drained to half', async () => {
  const { write, drain, reports, gate } = setup()
  await write(64 * KiB)
  await write(64 * KiB)
  expect(gate.room).toBe(0)
  drain(32 * KiB)
  expect(reports).toEqual([])
  drain(32 * KiB)
  expect(reports).toEqual([64 * KiB])
})

test('SendGate gives room back for small writes that drain at once', async () => {
  const { write, setBuffered, reports } = setup()
  for (let i = 0; i < 200; i++) {
    await write(KiB)
    setBuffered(0)
  }
  // Whoever counts down from each report never gets below half.
  expect(reports.length).toBeGreaterThan(1)
  expect(new Set(reports)).toEqual(new Set([128 * KiB - KiB]))
})

test('SendGate never reports from inside wrote', () => {
  const { gate, reports } = setup()
  gate.wrote(128 * KiB)
  expect(reports).toEqual([])
})

test('SendGate polls where no low event comes, and only while it waits', async () => {
  const { write, drain, reports, clock } = setup({ lowEvent: false })
  await write(128 * KiB)
  expect(clock.timers).toBe(1)
  clock.advance(40)
  expect(reports).toEqual([])
  drain(128 * KiB)
  clock.advance(4)
  expect(reports).toHaveLength(1)
  expect(clock.timers).toBe(0)
})

test('SendGate stops polling once the low event has come', async () => {
  const { write, drain, clock } = setup()
  await write(128 * KiB)
  drain(128 * KiB)
  await write(128 * KiB)
  expect(clock.timers).toBe(0)
})

test('SendGate lets a fast connection buffer up to its maximum', async () => {
  const subject = setup()
  await run(subject, 100, 30 * KiB)
  expect(subject.gate.room).toBe(1024 * KiB)
})

test('SendGate waits for proof before it widens', async () => {
  const subject = setup()
  await run(subject, 3, 30 * KiB)
  expect(subject.gate.room).toBe(128 * KiB)
  await run(subject, 1, 30 * KiB)
  expect(subject.gate.room).toBe(256 * KiB)
})

test('SendGate keeps the buffer of a slow connection small', async () => {
  const subject = setup()
  await run(subject, 100, 125)
  expect(subject.gate.room).toBe(128 * KiB)
})

test('SendGate narrows again when the connection becomes slow', async () => {
  const subject = setup()
  await run(subject, 100, 30 * KiB)
  await run(subject, 10, 125)
  expect(subject.gate.room).toBe(128 * KiB)
})

test('SendGate always reports room for the largest write again, also where the mark is no larger', async () => {
  const { write, drain, reports } = setup({ startBytes: 64 * KiB, maxBytes: 64 * KiB, largestBytes: 64 * KiB })
  await write(1)
  drain(1)
  expect(reports).toEqual([64 * KiB])
  await write(48 * KiB)
  drain(47 * KiB)
  expect(reports).toHaveLength(1)
  drain(KiB)
  expect(reports).toEqual([64 * KiB, 64 * KiB])
})

test('SendGate gives what can wait less room, and waits until half of that has drained, once the low event has come', async () => {
  const subject = setup({ bulkBytes: 128 * KiB })
  expect(subject.gate.room).toBe(128 * KiB)
  await run(subject, 100, 30 * KiB)
  expect([subject.gate.room, subject.bulkReports.at(-1)]).toEqual([1024 * KiB, 128 * KiB])
  const before = subject.reports.length
  await subject.write(200 * KiB)
  subject.drain(100 * KiB)
  expect(subject.reports).toHaveLength(before)
  subject.drain(36 * KiB)
  expect([subject.reports.at(-1), subject.bulkReports.at(-1)]).toEqual([960 * KiB, 64 * KiB])
})

test('SendGate gives what can wait all the room while it polls, which must hold what drains between two polls', async () => {
  const subject = setup({ bulkBytes: 128 * KiB, lowEvent: false })
  await run(subject, 100, 30 * KiB)
  await subject.write(200 * KiB)
  subject.drain(200 * KiB)
  subject.clock.advance(4)
  expect(subject.bulkReports.at(-1)).toBe(subject.reports.at(-1))
})

test.each([64, 60, 50, 33, 7, 1])(
  'SendGate gives room again to one who writes nothing but what can wait, in frames of %i KiB at most',
  async (frameKiB) => {
    const subject = setup({ bulkBytes: 128 * KiB })
    await run(subject, 100, 30 * KiB)
    for (let round = 0; round < 200; round++) {
      const before = subject.reports.length
      // As the engine does: whole frames, or at least the half of one.
      for (let room = subject.bulkReports.at(-1) ?? 0; room >= (frameKiB / 2) * KiB;) {
        const bytes = Math.min(room, frameKiB * KiB)
        await subject.write(bytes)
        room = subject.reports.length === before ? room - bytes : 0
      }
      for (let i = 0; i < 4 && subject.reports.length === before; i++) subject.drain(50 * KiB)
      expect(subject.reports.length).toBeGreaterThan(before)
    }
  },
)

test('SendGate is silent and without timers once stopped', async () => {
  const { gate, write, drain, reports, clock } = setup({ lowEvent: false })
  await write(128 * KiB)
  gate.stop()
  drain(128 * KiB)
  gate.drained()
  await write(128 * KiB)
  clock.advance(1_000)
  expect(reports).toEqual([])
  expect(clock.timers).toBe(0)
})
