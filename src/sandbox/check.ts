import { isObject } from './canonical.js'

interface Rule {
  required: boolean
  test: (value: unknown) => boolean
  expected: string
}

const text: Pick<Rule, 'test' | 'expected'> = {
  test: (value) => typeof value === 'string' && value.trim() !== '',
  expected: 'a non-blank string',
}

const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)

/** @see https://docs.amberflo.io/reference/ingest-meter-records */
const recordRules: Record<string, Rule> = {
  customerId: { required: true, ...text },
  meterApiName: { required: true, ...text },
  meterValue: { required: true, test: Number.isFinite, expected: 'a finite number' },
  meterTimeInMillis: { required: true, test: Number.isSafeInteger, expected: 'an integer of epoch milliseconds' },
  uniqueId: { required: false, ...text },
  dimensions: {
    required: false,
    test: (value) => isObject(value) && Object.values(value).every((inner) => typeof inner === 'string'),
    expected: 'an object of strings',
  },
}

/** @see https://docs.amberflo.io/reference/put_customers */
const customerRules: Record<string, Rule> = {
  customerId: { required: true, ...text },
  customerName: { required: true, ...text },
  customerEmail: { required: false, test: (value) => typeof value === 'string', expected: 'a string' },
  traits: {
    required: false,
    test: (value) => isObject(value) && Object.values(value).every(isScalar),
    expected: 'an object of strings, numbers and booleans',
  },
}

/** What is wrong with a record, or `undefined`. */
export const faultOfRecord = (record: unknown) => firstFault(record, recordRules)

/** What is wrong with a customer, or `undefined`. */
export const faultOfCustomer = (customer: unknown) => firstFault(customer, customerRules)

function firstFault(value: unknown, rules: Record<string, Rule>): string | undefined {
  if (!isObject(value)) return 'expected an object'
  for (const [name, rule] of Object.entries(rules)) {
    const field = value[name]
    if (field === undefined && !rule.required) continue
    if (!rule.test(field)) return `${name} must be ${rule.expected}`
  }
  return undefined
}
