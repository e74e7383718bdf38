import { describe, expect, it } from 'vitest'
import { decodeLogFrame } from '../../../sdk/protocol/log-frames.js'
import { Serving } from '../../../sdk/log/replication/serving.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { createReplica, TestTime } from './replication-world.js'

const setup = async ({ blocks, bytes, perRequest } = { blocks: 32, bytes: 60_000, perRequest: 4 }) => {
  const time = new TestTime()
  const { log, core, device } = await createReplica('writer', time, null)
  const values = Array.from({ length: blocks }, (_, at) => String(at).padEnd(bytes, '.'))
  // So that records are not what is asked for.
  for (let at = 0; at < blocks; at += 100) await log.append(values.slice(at, at + 100))
  const first: number[] = []
  let taken = (): void => {}
  const serving = new Serving(core, time, (...parts) => {
    const frame = decodeLogFrame(concatBytes(...parts))
    if (frame.type === 'data') first.push(frame.first)
    return new Promise((resolve) => (taken = resolve))
  })
  core.records.forget()
  const before = device.watched().reads
  const ask = (id: number, start: number): void =>
    serving.ask({ type: 'req', id, start, count: perRequest, size: blocks })
  /** The next answers, one block each, are taken; how many looks at the storage there were until then. */
  const take = async (count: number): Promise<number> => {
    for (let left = count; left > 0; left--) {
      const had = first.length
      taken()
      for (let tries = 0; first.length === had && tries < 1_000; tries++) await new Promise(setImmediate)
    }
    return device.watched().reads - before
  }
  return { time, first, ask, take }
}

describe('what a peer asks for', () => {
  it('is read with what follows that is asked for, too', async () => {
    const { first, ask, take } = await setup()
    for (let id = 0; id < 4; id++) ask(id, 4 * id)
    const looks = await take(16)
    expect(first).toEqual(Array.from({ length: 16 }, (_, index) => index))
    // For the first that is asked for, for the rest, and for the other half of the tree.
    expect(looks).toBeLessThanOrEqual(6)
  })

  it('is read as far as it is asked for, however many requests that takes', async () => {
    const { first, ask, take } = await setup({ blocks: 2_048, bytes: 900, perRequest: 64 })
    for (let id = 0; id < 31; id++) ask(id, 64 * id)
    const looks = await take(31)
    expect(first).toEqual(Array.from({ length: 31 }, (_, index) => 64 * index))
    expect(looks).toBeLessThanOrEqual(20)
  })

  it('is let go of when the peer takes nothing, and read again when it does', async () => {
    const { time, first, ask, take } = await setup()
    for (let id = 0; id < 4; id++) ask(id, 4 * id)
    const looks = await take(6)
    time.pass(1_000)
    const later = await take(1)
    expect(later).toBeGreaterThan(looks)
    expect(await take(9)).toBe(later)
    expect([first.length, time.pending]).toEqual([16, 1])
  })
})
