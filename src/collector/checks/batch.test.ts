import type { Batch } from '../door/envelope.js'
import type { Proof } from '../door/token.js'
import { checkBatch } from './batch.js'
import type { BatchRules } from './batch.js'

const now = Date.parse('2026-03-01T12:00:00Z')
const minute = 60_000
const rules: BatchRules = { meters: null, customers: true, allowNegative: false, fitsCap: () => true }
const record = (change: object = {}) => ({ uniqueId: 'u', customerId: 'ada', meterApiName: 'page', meterValue: 1, meterTimeInMillis: now, ...change })
const batch = (change: Partial<Batch>): Batch => ({ sentAt: now, token: null, records: [], customers: [], ...change })
const ada: Proof = { customerId: 'ada' }
const customer = { customerId: 'ada', customerName: 'Ada' }

const check = (change: Partial<Batch>, proof: Proof | null = ada, more: Partial<BatchRules> = {}) => checkBatch(batch(change), proof, { ...rules, ...more }, now)
const codeOf = (work: () => unknown) => {
  try {
    work()
    return 'taken'
  } catch (error) {
    return (error as { code?: string }).code
  }
}
const times = (records: { json: string }[]) => records.map(({ json }) => (JSON.parse(json) as { meterTimeInMillis: number }).meterTimeInMillis)

test('a bad record is rejected alone, by its id or else its place', () => {
  const { items, rejected } = check({ records: [record(), record({ uniqueId: 'v', meterValue: -1 }), record({ uniqueId: 5 }), 7] })
  expect(items.map(({ id }) => id)).toEqual(['u'])
  expect(rejected).toEqual([
    { id: 'v', reason: 'negative_value' },
    { id: 'records[2]', reason: 'bad_unique_id' },
    { id: 'records[3]', reason: 'bad_unique_id' },
  ])
})

test.each([
  ['in_future', now + 6 * minute],
  ['too_old', now - 61 * 24 * 60 * minute],
])('a record that is %s may be known', (unlessKnown, meterTimeInMillis) => {
  expect(check({ records: [record({ meterTimeInMillis })] })).toEqual({ items: [{ kind: 'record', customerId: 'ada', id: 'u', json: '', unlessKnown }], rejected: [] })
})

test('customers come before records', () => {
  expect(check({ records: [record()], customers: [customer] }).items.map(({ kind }) => kind)).toEqual(['customer', 'record'])
})

describe('whose usage it is', () => {
  const foreign = record({ customerId: 'bob', uniqueId: 'f' })

  test('another customer’s record is rejected alone', () => {
    expect(check({ records: [record(), foreign] }).rejected).toEqual([{ id: 'f', reason: 'customer_mismatch' }])
  })

  test('a batch that is all another customer’s is refused', () => {
    expect(codeOf(() => check({ records: [foreign, foreign] }))).toBe('wrong_customer')
    expect(codeOf(() => check({ customers: [{ ...customer, customerId: 'bob' }] }))).toBe('wrong_customer')
    expect(codeOf(() => check({ records: [foreign], customers: [customer] }))).toBe('taken')
    expect(codeOf(() => check({}))).toBe('taken')
  })

  test('what else is wrong with it does not matter then', () => {
    expect(codeOf(() => check({ records: [foreign, record({ customerId: 'bob', uniqueId: 5 }), 7] }))).toBe('wrong_customer')
    expect(codeOf(() => check({ records: [foreign, record({ meterValue: -1 })] }))).toBe('taken')
  })

  test('without proof the browser is believed', () => {
    expect(check({ records: [record(), foreign] }, null).items.map(({ customerId }) => customerId)).toEqual(['ada', 'bob'])
  })
})

test.each([
  [null, undefined, true],
  [['page'], undefined, true],
  [['screen'], undefined, false],
  [null, ['page'], true],
  [null, ['screen'], false],
  [null, [], false],
  [['page'], ['page', 'screen'], true],
  [['page', 'screen'], ['screen'], false],
])('collector allows %j, token allows %j: %s', (ours, theirs, allowed) => {
  const proof = theirs === undefined ? ada : { ...ada, meters: theirs }
  const { items } = check({ records: [record()] }, proof, { meters: ours && new Set(ours) })
  expect(items.length === 1).toBe(allowed)
})

describe('a browser whose clock is wrong', () => {
  test.each([
    ['right', 0, 0],
    ['5 minutes slow', -5 * minute, 0],
    ['5 minutes fast', 5 * minute, 0],
    ['an hour slow', -60 * minute, 60 * minute],
    ['an hour fast', 60 * minute, -60 * minute],
    ['at 1970', -now, now],
  ])('%s', (_, off, shift) => {
    const { items } = check({ sentAt: now + off, records: [record({ meterTimeInMillis: now + off - minute })] })
    expect(times(items)).toEqual([now + off - minute + shift])
  })

  test('that does not say what it shows is believed', () => {
    expect(times(check({ sentAt: null, records: [record({ meterTimeInMillis: now - 60 * minute })] }).items)).toEqual([now - 60 * minute])
  })
})

test('only a record whose time was changed is corrected', () => {
  const one = { records: [record({ meterTimeInMillis: now - 60 * minute })] }
  expect(check({ ...one, sentAt: now - 60 * minute }).items).toMatchObject([{ corrected: true }])
  expect(check(one).items[0]).not.toHaveProperty('corrected')
})

describe('a token that ended an hour ago', () => {
  const ended: Proof = { customerId: 'ada', expiresAt: now - 60 * minute }
  const before = record({ meterTimeInMillis: now - 61 * minute })
  const after = record({ meterTimeInMillis: now - 59 * minute })

  test.each<[string, Partial<Batch>, string]>([
    ['carries what was made under it', { records: [before] }, 'taken'],
    ['and the identify that travels with it', { records: [before], customers: [customer] }, 'taken'],
    ['nothing that was made later', { records: [before, after] }, 'expired_token'],
    ['no identify alone', { customers: [customer] }, 'expired_token'],
    ['nothing at all', {}, 'expired_token'],
    ['no record without a time', { records: [record({ meterTimeInMillis: 'x' })] }, 'expired_token'],
    ['what a slow clock puts before its end', { sentAt: now - 3 * minute, records: [record({ meterTimeInMillis: now - 62 * minute })] }, 'expired_token'],
    ['what a clock that is months ahead leaves at now', { sentAt: now + 100 * 24 * 60 * minute, records: [record({ meterTimeInMillis: now })] }, 'expired_token'],
    ['what a fast clock puts after its end', { sentAt: now + 3 * minute, records: [record({ meterTimeInMillis: now - 58 * minute })] }, 'taken'],
  ])('%s', (_, change, code) => {
    expect(codeOf(() => check(change, ended))).toBe(code)
  })
})
