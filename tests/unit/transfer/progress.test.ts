import { describe, expect, it } from 'vitest'
import { ProgressMeter } from '../../../sdk/transfer/progress.js'

describe('progress', () => {
  it('has the rate of the last seconds, and the time left by it', () => {
    const meter = new ProgressMeter(10_000)
    meter.start(0, 0)
    for (let second = 1; second <= 5; second++) meter.read(second * 1_000, second * 1_000)
    expect(meter.progress(5_000)).toEqual({ bytes: 5_000, size: 10_000, rate: 1_000, secondsLeft: 5 })
  })

  it('has no rate and no time left once nothing has moved for as long', () => {
    const meter = new ProgressMeter(10_000)
    meter.start(0, 0)
    for (let second = 1; second <= 5; second++) meter.read(second * 1_000, second * 1_000)
    expect(meter.progress(9_000)).toEqual({ bytes: 5_000, size: 10_000, rate: 0, secondsLeft: null })
  })

  it('counts nothing of what was there before it began', () => {
    const meter = new ProgressMeter(10_000)
    meter.start(6_000, 0)
    meter.read(7_000, 1_000)
    expect(meter.progress(1_000)).toMatchObject({ rate: 1_000, secondsLeft: 3 })
  })
})
