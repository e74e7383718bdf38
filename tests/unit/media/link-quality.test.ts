import { describe, expect, it } from 'vitest'
import { rateLink, type LinkEstimate } from '../../../sdk/media/link-quality.js'

const estimate = (given: Partial<LinkEstimate>): LinkEstimate => ({
  availableBitrate: 2_000_000,
  isLimiting: false,
  rttMs: 20,
  loss: 0,
  ...given,
})
const all = { sent: 1_000_000, planned: 1_000_000, wished: 1_000_000 }

describe('the quality of a link', () => {
  it('is good when all that is wished gets through soon and whole', () => {
    expect(rateLink(estimate({}), all)).toBe('good')
  })

  it('is that of the worst of delay, loss and what can be sent of what is wished', () => {
    expect(rateLink(estimate({ rttMs: 400 }), all)).toBe('fair')
    expect(rateLink(estimate({ rttMs: 900 }), all)).toBe('poor')
    expect(rateLink(estimate({ loss: 0.05 }), all)).toBe('fair')
    expect(rateLink(estimate({ loss: 0.2 }), all)).toBe('poor')
    expect(rateLink(estimate({}), { ...all, planned: 600_000 })).toBe('fair')
    expect(rateLink(estimate({}), { ...all, planned: 0 })).toBe('poor')
    expect(rateLink(estimate({ isLimiting: true }), { ...all, sent: 200_000 })).toBe('poor')
    expect(rateLink(estimate({ rttMs: 400, loss: 0.2 }), all)).toBe('poor')
  })

  it('is good where little is sent since nobody moves, nothing is wished, or nothing measured', () => {
    expect(rateLink(estimate({}), { ...all, sent: 10_000 })).toBe('good')
    expect(rateLink(estimate({}), { sent: 0, planned: 0, wished: 0 })).toBe('good')
    expect(rateLink({ availableBitrate: null, isLimiting: false, rttMs: null, loss: null }, all)).toBe('good')
  })
})
