import { describe, expect, it } from 'vitest'
import { rateLink } from '../../../sdk/media/link-quality.js'

const allSent = { reached: 1_000_000, wished: 1_000_000 }
const fine = { rttMs: 20, loss: 0 }

describe('the quality of a link', () => {
  it('is good when all that is wished gets through soon and whole', () => {
    expect(rateLink(fine, allSent)).toBe('good')
  })

  it('is that of the worst of delay, loss and what is sent of what is wished', () => {
    expect(rateLink({ rttMs: 400, loss: 0 }, allSent)).toBe('fair')
    expect(rateLink({ rttMs: 900, loss: 0 }, allSent)).toBe('poor')
    expect(rateLink({ rttMs: 20, loss: 0.05 }, allSent)).toBe('fair')
    expect(rateLink({ rttMs: 20, loss: 0.2 }, allSent)).toBe('poor')
    expect(rateLink(fine, { reached: 600_000, wished: 1_000_000 })).toBe('fair')
    expect(rateLink(fine, { reached: 200_000, wished: 1_000_000 })).toBe('poor')
    expect(rateLink({ rttMs: 400, loss: 0.2 }, allSent)).toBe('poor')
  })

  it('is good where nothing is measured, and nothing wished', () => {
    expect(rateLink({ rttMs: null, loss: null }, { reached: 0, wished: 0 })).toBe('good')
  })
})
