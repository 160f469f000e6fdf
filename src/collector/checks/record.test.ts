import fc from 'fast-check'
import * as v from 'valibot'
import { MAX_RECORD_BYTES } from '../../wire/limits.js'
import { reasons } from '../../wire/reasons.js'
import type { Reason } from '../../wire/reasons.js'
import { checkRecord, MAX_AGE_MS } from './record.js'
import type { RecordRules } from './record.js'

const now = Date.parse('2026-03-01T12:00:00Z')
const rules: RecordRules = {
  now,
  shift: 0,
  customerId: 'ada',
  allowsMeter: () => true,
  allowNegative: false,
  fitsCap: () => true,
}
const record = { uniqueId: 'u1', customerId: 'ada', meterApiName: 'Api Calls', meterValue: 2, meterTimeInMillis: now, dimensions: { region: 'eu' } }
const minute = 60_000

describe('a good record', () => {
  test('goes upstream as it is, its known fields in one order', () => {
    const shuffled = { evil: 1, ...Object.fromEntries(Object.entries(record).reverse()) }
    expect(checkRecord(shuffled, rules)).toEqual({ kind: 'record', customerId: 'ada', id: 'u1', json: JSON.stringify(record) })
  })

  test.each([
    ['no dimensions', { dimensions: undefined }],
    ['empty dimensions', { dimensions: {} }],
  ])('with %s has none upstream', (_, change) => {
    const { dimensions, ...bare } = record
    expect(dimensions).toBeDefined()
    expect(checkRecord({ ...record, ...change }, rules)).toMatchObject({ json: JSON.stringify(bare) })
  })

  test('has U+FFFD for each half of a surrogate pair, the same each time', () => {
    const cut = { ...record, meterApiName: 'Api 🙂'.slice(0, 5), dimensions: { region: 'eu', ['🙂'.slice(1)]: 'whole 🙂, half 🙂'.slice(0, -1) } }
    const written = { ...record, meterApiName: 'Api \ufffd', dimensions: { region: 'eu', '\ufffd': 'whole 🙂, half \ufffd' } }
    const allowsMeter = (meter: string) => meter === 'Api \ufffd'
    for (let at = 0; at < 2; at++) expect(checkRecord(cut, { ...rules, allowsMeter })).toMatchObject({ json: JSON.stringify(written) })
  })

  test('is shifted with its batch', () => {
    expect(checkRecord({ ...record, meterTimeInMillis: now - 600 * minute }, { ...rules, shift: 600 * minute })).toMatchObject({ json: JSON.stringify(record) })
  })

  test.each([
    ['back', 60 * minute],
    ['ahead', -MAX_AGE_MS - 1],
  ])('stays as given where it was noted before the clock was set %s', (_, shift) => {
    expect(checkRecord({ ...record, meterTimeInMillis: now }, { ...rules, shift })).toMatchObject({ json: JSON.stringify({ ...record, meterTimeInMillis: now }) })
  })

  test.each([
    ['the far past', now - MAX_AGE_MS],
    ['the near future', now + 5 * minute],
  ])('may be of %s', (_, meterTimeInMillis) => {
    expect(checkRecord({ ...record, meterTimeInMillis }, rules)).toMatchObject({ id: 'u1' })
  })
})

const hostile = (json: string) => JSON.parse(json) as Record<string, unknown>

const cases: [Reason, unknown, Partial<RecordRules>?][] = [
  ['bad_unique_id', null],
  ['bad_unique_id', [record]],
  ['bad_unique_id', { ...record, uniqueId: '' }],
  ['bad_unique_id', { ...record, uniqueId: 'u'.repeat(257) }],
  ['bad_unique_id', { ...record, uniqueId: 7 }],
  ['bad_unique_id', { ...record, uniqueId: 'u\ud800' }],
  ['bad_customer_id', { ...record, customerId: undefined }],
  ['bad_customer_id', { ...record, customerId: '\udc00' }],
  ['customer_mismatch', { ...record, customerId: 'bob' }],
  ['customer_mismatch', { ...record, customerId: 'Ada' }],
  ['bad_meter', { ...record, meterApiName: ' ' }],
  ['bad_meter', { ...record, meterApiName: {} }],
  ['meter_not_allowed', record, { allowsMeter: (meter) => meter === 'page' }],
  ['bad_value', { ...record, meterValue: '2' }],
  ['bad_value', { ...record, meterValue: Infinity }],
  ['bad_value', hostile('{"uniqueId":"u1","customerId":"ada","meterApiName":"m","meterValue":1e999,"meterTimeInMillis":1}')],
  ['bad_value', { ...record, meterValue: null }],
  ['negative_value', { ...record, meterValue: -0.1 }],
  ['bad_time', { ...record, meterTimeInMillis: now + 0.5 }],
  ['bad_time', { ...record, meterTimeInMillis: String(now) }],
  ['bad_time', { ...record, meterTimeInMillis: 2 ** 53 }],
  ['in_future', { ...record, meterTimeInMillis: now + 5 * minute + 1 }],
  ['too_old', { ...record, meterTimeInMillis: now - MAX_AGE_MS - 1 }],
  ['too_old', { ...record, meterTimeInMillis: now + MAX_AGE_MS }, { shift: -2 * MAX_AGE_MS - 1 }],
  ['bad_dimensions', { ...record, dimensions: null }],
  ['bad_dimensions', { ...record, dimensions: ['a'] }],
  ['bad_dimensions', { ...record, dimensions: { a: 1 } }],
  ['bad_dimensions', { ...record, dimensions: { a: '\ud800', b: 1 } }],
  ['bad_dimensions', { ...record, dimensions: hostile('{"a":"\\ud800","__proto__":"x"}') }],
  ['bad_dimensions', { ...record, dimensions: hostile('{"__proto__":"x"}') }],
  ['meter_not_allowed', { ...record, meterApiName: 'page\ud800' }, { allowsMeter: (meter) => meter === 'page\ud800' }],
  ['reserved_dimension', { ...record, dimensions: { a: '\ud800', 'aflo.\ud800': '' } }],
  ['reserved_dimension', { ...record, dimensions: { 'aflo.cancel': 'true' } }],
  ['too_large', { ...record, dimensions: { a: 'x'.repeat(MAX_RECORD_BYTES) } }],
  ['too_large', { ...record, dimensions: { a: 'ü'.repeat(MAX_RECORD_BYTES / 2) } }],
  ['over_limit', record, { fitsCap: () => false }],
]

test.each(cases)('%s', (reason, value, change = {}) => {
  expect(checkRecord(value, { ...rules, ...change })).toBe(reason)
  expect(reasons).toContain(reason)
})

test('what is rejected for another reason does not count against the cap', () => {
  const fitsCap = jest.fn(() => true)
  for (const [, value, change] of cases.slice(0, -1)) checkRecord(value, { ...rules, ...change, fitsCap })
  expect(fitsCap).not.toHaveBeenCalled()
})

test('negative values are taken where they are allowed', () => {
  expect(checkRecord({ ...record, meterValue: -3 }, { ...rules, allowNegative: true })).toMatchObject({ id: 'u1' })
})

/** The same rules said a second time, in another language. */
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(256), v.check((value) => !/\p{Surrogate}/u.test(value)))
const mended = (value: string) => value.replace(/\p{Surrogate}/gu, '\ufffd')
const oracle = v.pipe(
  v.object({
    uniqueId: text,
    customerId: v.pipe(text, v.literal('ada')),
    meterApiName: v.pipe(v.string(), v.transform(mended), text, v.regex(/\S/)),
    meterValue: v.pipe(v.number(), v.finite(), v.minValue(0)),
    meterTimeInMillis: v.pipe(v.number(), v.safeInteger(), v.minValue(now - MAX_AGE_MS), v.maxValue(now + 5 * minute)),
    dimensions: v.optional(
      v.pipe(
        v.custom<Record<string, string>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
        v.check((value) => Object.entries(value).every(([name, inner]) => name !== '__proto__' && !name.startsWith('aflo.') && typeof inner === 'string')),
        v.transform((value) => Object.fromEntries(Object.entries(value).map(([name, inner]) => [mended(name), mended(inner)]))),
      ),
    ),
  }),
  v.check((value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_RECORD_BYTES),
)

/** Mostly right, so that the two meet on both sides of each rule. */
const mostly = <T>(right: fc.Arbitrary<T>) => fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: fc.anything({ maxDepth: 1 }) as fc.Arbitrary<unknown> })
const name = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 250, maxLength: 260 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud800', 'half \udc00', '', ' ', 'ada', 'aflo.x', '__proto__') },
)
const anyRecord = fc.record(
  {
    uniqueId: mostly(name),
    customerId: fc.oneof({ weight: 20, arbitrary: fc.constant('ada') }, { weight: 1, arbitrary: name }),
    meterApiName: mostly(name),
    meterValue: mostly(fc.oneof(fc.double({ min: -1, max: 1e300 }), fc.integer({ min: -9, max: 99 }), fc.double())),
    meterTimeInMillis: mostly(fc.oneof(fc.integer({ min: -6 * minute, max: 6 * minute }).map((ms) => now + ms), fc.integer({ min: -minute, max: minute }).map((ms) => now - MAX_AGE_MS + ms))),
    dimensions: mostly(fc.dictionary(name, mostly(name), { noNullPrototype: true, maxKeys: 5 })),
    other: fc.anything({ maxDepth: 1 }),
  },
  { requiredKeys: ['uniqueId', 'customerId', 'meterApiName', 'meterValue', 'meterTimeInMillis'], noNullPrototype: true },
)

test('the check and the schema agree on everything', () => {
  let good = 0
  fc.assert(
    fc.property(anyRecord, (value) => {
      const expected = v.safeParse(oracle, value)
      const result = checkRecord(value, rules)
      expect(typeof result === 'object').toBe(expected.success)
      if (typeof result === 'string') return
      good++
      const { dimensions = {}, ...fields } = expected.output as { dimensions?: Record<string, string> }
      expect(JSON.parse(result.json)).toEqual(JSON.parse(JSON.stringify(Object.keys(dimensions).length > 0 ? { ...fields, dimensions } : fields)))
    }),
    { numRuns: 3000 },
  )
  // Both sides of the rules were met.
  expect(good).toBeGreaterThan(300)
  expect(good).toBeLessThan(2700)
})

test('no value at all makes it throw or pollutes a prototype', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), fc.json().map((json) => JSON.parse(json) as unknown)), (value) => {
      checkRecord(value, rules)
      checkRecord({ ...record, dimensions: value }, rules)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: 1000 },
  )
})
