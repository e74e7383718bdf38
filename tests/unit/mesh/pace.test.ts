import { describe, expect, it } from 'vitest'
import { Pace } from '../../../sdk/mesh/pace.js'

/** Keeps a link of so many bytes a millisecond busy. */
const drive = (bytesPerMs: number, forMs: number): Pace => {
  const pace = new Pace()
  let room = 131_072
  pace.report(room, 0)
  for (let ms = 0; ms < forMs; ms += 10) {
    const frame = Math.min(pace.frameBytes, pace.room)
    if (frame > 128) {
      pace.written(frame, ms)
      room -= frame
    }
    room = Math.min(131_072, room + bytesPerMs * 10)
    pace.report(room, ms + 10)
  }
  return pace
}

describe('Pace', () => {
  it('has no room before any is reported', () => {
    expect(new Pace().room).toBe(0)
  })

  it('counts what is written off the room', () => {
    const pace = new Pace()
    pace.report(100_000, 0)
    pace.written(60_000, 0)
    expect(pace.room).toBe(40_000)
    pace.report(90_000, 5)
    expect(pace.room).toBe(90_000)
  })

  it('begins with frames of 16 KiB, and takes the first room for no sign of speed', () => {
    const pace = new Pace()
    pace.report(131_072, 50_000)
    expect(pace.frameBytes).toBe(16_384)
  })

  it('cuts frames as large as they may be on a fast link', () => {
    expect(drive(10_000, 2_000).frameBytes).toBe(65_519)
  })

  it('keeps frames on a slow link to about 50 ms, and never below 4 KiB', () => {
    const { frameBytes } = drive(200, 5_000)
    expect(frameBytes).toBeGreaterThan(5_000)
    expect(frameBytes).toBeLessThan(20_000)
    expect(drive(10, 20_000).frameBytes).toBe(4_096)
  })

  it('cuts whole bytes', () => {
    expect(Number.isInteger(drive(333.3, 3_000).frameBytes)).toBe(true)
  })
})
