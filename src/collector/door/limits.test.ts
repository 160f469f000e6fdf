import { addressKey, createBucket, createDailyCap } from './limits.js'

let time: number
const now = () => time
beforeEach(() => (time = Date.parse('2026-03-01T23:59:59Z')))

describe('createBucket', () => {
  test('gives its burst, then what comes in by the second, and says how long to wait', () => {
    const take = createBucket({ burst: 10, perSecond: 5 }, now)
    expect(take('a', 10)).toBe(0)
    expect(take('a', 1)).toBe(200)
    time += 199
    expect(take('a', 1)).toBe(1)
    time += 1
    expect(take('a', 1)).toBe(0)
    expect(take('b', 10)).toBe(0)
  })

  test('never holds more than its burst, and a refusal costs nothing', () => {
    const take = createBucket({ burst: 10, perSecond: 5 }, now)
    take('a', 10)
    time += 3_600_000
    expect(take('a', 10)).toBe(0)
    expect(take('a', 10)).toBe(2000)
    expect(take('a', 10)).toBe(2000)
  })

  test('what is larger than the burst waits for a full bucket, not for ever', () => {
    const take = createBucket({ burst: 10, perSecond: 5 }, now)
    expect(take('a', 500)).toBe(0)
    expect(take('a', 500)).toBe(2000)
  })

  test('a clock that is set back lends nothing, and takes nothing', () => {
    const take = createBucket({ burst: 10, perSecond: 5 }, now)
    take('a', 10)
    time -= 60_000
    expect(take('a', 1)).toBe(200)
  })
})

describe('createDailyCap', () => {
  test('adds up a customer’s values until the day ends', () => {
    const fits = createDailyCap(10, now)
    expect([fits('a', '1', 6), fits('a', '2', 5), fits('a', '3', 4), fits('a', '4', 0.1), fits('b', '5', 10)]).toEqual([true, false, true, false, true])
    time += 1000
    expect(fits('a', '6', 10)).toBe(true)
  })

  test('does not count a record twice that is sent again', () => {
    const fits = createDailyCap(10, now)
    expect([fits('a', '1', 10), fits('a', '1', 10), fits('a', '2', 1)]).toEqual([true, true, false])
  })

  test('lets nobody use an id of the day before for more', () => {
    const fits = createDailyCap(10, now)
    fits('a', '1', 10)
    time += 1000
    expect(fits('a', '1', 11)).toBe(false)
  })

  test('is not raised by values below zero, nor escaped by huge ones', () => {
    const fits = createDailyCap(10, now)
    expect([fits('a', '1', -100), fits('a', '2', 11), fits('a', '3', 1.7e308)]).toEqual([true, false, false])
  })

  test('customer and id cannot be made to look like others', () => {
    const fits = createDailyCap(10, now)
    fits('ab', 'c', 10)
    expect(fits('a', 'bc', 11)).toBe(false)
  })
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['[2001:db8:1:2::9]:4711', '2001:db8:1:2'],
  ['[2001:db8:1:2::9]', '2001:db8:1:2'],
])('%s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key)
})
