import fc from 'fast-check'
import { backoffMs, retryAfterMs } from './backoff.js'

describe('backoff', () => {
  it('has full jitter: from nothing up to a bound that doubles from 1 s to 60 s', () => {
    const bounds = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
    bounds.forEach((bound, index) => {
      expect(backoffMs(index + 1, 0)).toBe(0)
      expect(backoffMs(index + 1, 0.25)).toBe(bound / 4)
      expect(backoffMs(index + 1, 0.999)).toBeCloseTo(bound * 0.999)
    })
  })

  it('stays within a minute, however often it failed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (tries, random) => {
        const ms = backoffMs(tries, random)
        expect(ms >= 0 && ms < 60_000).toBe(true)
      }),
    )
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2021, 3, 26, 12, 0, 0)

  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Mon, 26 Apr 2021 12:00:30 GMT', 30_000],
    ['Mon, 26 Apr 2021 11:59:00 GMT', 0],
    ['soon', 0],
    ['99999999999', 3_600_000],
    ['1e400', 3_600_000],
    ['Fri, 01 Jan 2099 00:00:00 GMT', 3_600_000],
    ['', 0],
    [null, 0],
  ])('%j is %i ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms)
  })
})
