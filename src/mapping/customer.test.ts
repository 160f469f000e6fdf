import { toCustomer } from './index.js'

const map = (traits: unknown, customerId = 'u1') => {
  const notes: string[] = []
  return { value: toCustomer(customerId, traits, (note) => notes.push(note)), notes }
}
const customerOf = (traits: unknown) => map(traits).value

it('has the id verbatim', () => {
  expect(map({}, ' a/b|c ')).toEqual({ value: { customerId: ' a/b|c ', customerName: ' a/b|c ' }, notes: [] })
})

describe('customerName', () => {
  const all = { name: 'Ada L', firstName: 'Ada', lastName: 'Lovelace', username: 'ada', email: 'ada@example.com' }
  it.each([
    ['name', all, 'Ada L'],
    ['first and last name', { ...all, name: '' }, 'Ada Lovelace'],
    ['first and last name in snake_case', { first_name: 'Ada', last_name: 'Lovelace', username: 'ada' }, 'Ada Lovelace'],
    ['first name alone', { firstName: 'Ada', lastName: ' ', username: 'ada' }, 'Ada'],
    ['first and last name, each in its own case', { firstName: 'Ada', last_name: 'Lovelace' }, 'Ada Lovelace'],
    ['last name alone', { last_name: 'Lovelace' }, 'Lovelace'],
    ['username', { ...all, name: ' ', firstName: null, lastName: undefined }, 'ada'],
    ['email', { email: 'ada@example.com' }, 'ada@example.com'],
    ['id', { plan: 'premium' }, 'u1'],
    ['id for no traits', undefined, 'u1'],
    ['name with separators', { name: 'Ada/L' }, 'Ada/L'],
    ['number', { name: 42 }, '42'],
    ['no object', { name: {}, username: 'ada' }, 'ada'],
  ])('is the %s', (_, traits, name) => {
    expect(customerOf(traits).customerName).toBe(name)
  })

  it('survives traits that throw', () => {
    const traits = { get name() { throw new Error('no') }, username: 'ada' }
    expect(map(traits)).toEqual({
      value: { customerId: 'u1', customerName: 'ada', traits: { username: 'ada' } },
      notes: ['traits.name: unreadable, left out'],
    })
  })
})

it.each([undefined, null, '', ' ', {}])('an email of %p is omitted', (email) => {
  expect(customerOf({ email }).customerEmail).toBeUndefined()
})

describe('traits', () => {
  it.each<[string, unknown, Record<string, unknown> | undefined]>([
    ['numbers and booleans keep their type', { a: 5, b: false, c: -0.5 }, { a: 5, b: false, c: -0.5 }],
    ['texts are rewritten', { a: 'x/y|z' }, { a: 'x_y_z' }],
    ['texts are not cut', { a: 'x'.repeat(500) }, { a: 'x'.repeat(500) }],
    ['arrays are joined', { a: [1, true, 'x/y'] }, { a: '1,true,x_y' }],
    ['an array of one number is a text', { a: [5] }, { a: '5' }],
    ['objects are dotted', { address: { city: 'Paris', zip: 75001 } }, { 'address.city': 'Paris', 'address.zip': 75001 }],
    ['dates are ISO 8601', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['bigints, which JSON has not, are left out', { a: 10n }, undefined],
    ['blanks and nothings are left out', { a: '', b: ' ', c: null, d: undefined, e: () => 1, f: [] }, undefined],
    ['numbers that JSON has not are texts', { a: NaN, b: -Infinity }, { a: 'NaN', b: '-Infinity' }],
    ['name and email have moved', { name: 42, email: 'a@b.c' }, undefined],
    ['a name or an email of parts has not', { name: { first: 'Ada' }, email: { work: 'a@b.c' } }, { 'name.first': 'Ada', 'email.work': 'a@b.c' }],
    ['all others stay', { firstName: 'Ada', username: 'ada' }, { firstName: 'Ada', username: 'ada' }],
  ])('%s', (_, traits, expected) => {
    const customer = customerOf(traits)
    expect(customer.traits).toEqual(expected)
    expect('traits' in JSON.parse(JSON.stringify(customer))).toBe(expected !== undefined)
  })

  it('that cannot be walked are left out, and noted', () => {
    const traits: Record<string, unknown> = { plan: 'premium' }
    traits['self'] = traits
    expect(map(traits)).toMatchObject({
      value: { traits: { plan: 'premium' } },
      notes: ['traits.self: unreadable, left out'],
    })
  })
})
