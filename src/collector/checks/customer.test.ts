import { MAX_RECORD_BYTES } from '../../wire/limits.js'
import type { Reason } from '../../wire/reasons.js'
import { checkCustomer, isProtectedTrait } from './customer.js'

const rules = { customers: true, customerId: 'ada' }
const customer = { customerId: 'ada', customerName: 'Ada', customerEmail: 'ada@example.com', traits: { plan: 'pro', seats: 3, beta: true } }
const kept = (value: unknown) => {
  const result = checkCustomer(value, rules)
  return typeof result === 'string' ? result : (JSON.parse(result.json) as unknown)
}

test('a good customer goes upstream as it is', () => {
  expect(checkCustomer(customer, rules)).toEqual({ kind: 'customer', customerId: 'ada', id: 'ada', json: JSON.stringify(customer) })
})

test('fields by which money is moved or an account is switched are dropped, and unknown ones', () => {
  const evil = { ...customer, lifecycleStage: 'OFFBOARDED', enabled: false, test: true, address: { city: 'x' }, description: 'x', id: 1 }
  expect(kept(evil)).toEqual(customer)
})

test.each([
  ['stripeId', true],
  ['StripeID', true],
  ['awsm.customerIdentifier', true],
  ['AWSM.productCode', true],
  ['lifecycleStage', true],
  ['enabled', true],
  ['test', true],
  ['address', true],
  ['aflo.x', true],
  ['__proto__', true],
  ['plan', false],
  ['address.city', false],
  ['testing', false],
])('trait %s is protected: %s', (name, isProtected) => {
  expect(isProtectedTrait(name)).toBe(isProtected)
  expect(kept({ ...customer, traits: JSON.parse(JSON.stringify({ plan: 'pro' }).replace('}', `,${JSON.stringify(name)}:"x"}`)) as unknown })).toEqual({
    ...customer,
    traits: name === 'plan' ? { plan: 'x' } : isProtected ? { plan: 'pro' } : { plan: 'pro', [name]: 'x' },
  })
})

test.each([[{ city: 'x' }], [null], [['x']]])('a protected trait is left out whatever it holds: %j', (address) => {
  expect(kept({ ...customer, traits: { ...customer.traits, address } })).toEqual(customer)
})

test('halves of surrogate pairs are written as U+FFFD', () => {
  const cut = { customerId: 'ada', customerName: 'Ada \ud83d', customerEmail: 'ada\ude42@example.com', traits: { 'plan\ud83d': 'pro\udfff', seats: 3, 'aflo.\ud83d': 'x' } }
  expect(kept(cut)).toEqual({ customerId: 'ada', customerName: 'Ada \ufffd', customerEmail: 'ada\ufffd@example.com', traits: { 'plan\ufffd': 'pro\ufffd', seats: 3 } })
})

test('the id stands for a name that nobody told', () => {
  expect(kept({ customerId: 'ada' })).toEqual({ customerId: 'ada', customerName: 'ada' })
})

test('a blank email and empty traits are left out', () => {
  expect(kept({ ...customer, customerEmail: ' ', traits: { stripeId: 'x' } })).toEqual({ customerId: 'ada', customerName: 'Ada' })
})

test.each<[Reason, unknown, object?]>([
  ['bad_customer_id', null],
  ['bad_customer_id', { ...customer, customerId: '' }],
  ['customer_mismatch', { ...customer, customerId: 'bob' }],
  ['customers_off', customer, { customers: false }],
  ['bad_customer', { ...customer, customerName: null }],
  ['bad_customer', { ...customer, customerName: ' ' }],
  ['bad_customer', { ...customer, customerName: 'x'.repeat(1025) }],
  ['bad_customer_id', { ...customer, customerId: 'ada\ud800' }],
  ['bad_customer', { ...customer, customerEmail: 5 }],
  ['bad_customer', { ...customer, traits: [] }],
  ['bad_customer', { ...customer, traits: { a: null } }],
  ['bad_customer', { ...customer, traits: { a: {} } }],
  ['bad_customer', { ...customer, traits: { a: Infinity } }],
  ['too_large', { ...customer, traits: { a: 'x'.repeat(MAX_RECORD_BYTES) } }],
])('%s', (reason, value, change = {}) => {
  expect(checkCustomer(value, { ...rules, ...change })).toBe(reason)
})
