import { formatRetryAfter, parseRetryAfter } from './retry-after.js'

const now = Date.parse('2026-01-01T00:00:00Z')

test.each([
  [null, undefined],
  ['12', 12_000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['86400', 300_000],
  ['soon', undefined],
  ['-5', 0],
])('parses %j', (header, ms) => {
  expect(parseRetryAfter(header, now)).toBe(ms)
})

test('formats whole seconds, never 0', () => {
  expect([0, 1, 1000, 1001].map(formatRetryAfter)).toEqual(['1', '1', '1', '2'])
})
