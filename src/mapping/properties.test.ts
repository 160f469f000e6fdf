import fc from 'fast-check'
import { meterName, toCustomer, toRecord, type EventLike } from './index.js'

const throws = (): never => {
  throw new Error('hostile')
}

/** Values that no well-meaning page would have, around generated ones. */
const hostile = (value: unknown): unknown[] => {
  const cycle: Record<string, unknown> = { value }
  cycle['cycle'] = [cycle]
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  return [
    cycle,
    revoked.proxy,
    new Proxy({ value }, { get: throws }),
    new Proxy({ value }, { ownKeys: throws }),
    new Proxy({ value }, { getOwnPropertyDescriptor: throws }),
    new Proxy([value], { get: (list, key) => (key === 'length' ? Infinity : Reflect.get(list, key)) }),
    { get a() { return throws() }, value },
    { toISOString: throws },
    { toISOString: () => value },
    { toString: throws, valueOf: throws },
    JSON.parse('{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } } }'),
    { 'aflo.cancel': value, aflo: { cancel: value, '': [value, { x: value }] } },
    new Date(NaN),
    Object(Symbol('boxed')),
    new Map([[value, value]]),
    new Uint16Array(3),
    '\ud800/\udc00|',
    '\u{1f600}'.repeat(300),
    ' '.repeat(300) + '|',
  ]
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

/** Generated values are made by a call, since fast-check itself stumbles over hostile ones. */
type Made<T> = () => T
const made = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Made<T>> => arbitrary.map((value) => () => value)
const members = (parts: Record<string, Made<unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parts).map(([name, make]) => [name, make()]))

const wild: fc.Arbitrary<Made<unknown>> = fc.oneof(
  made(anything),
  made(fc.jsonValue()),
  fc.tuple(anything, fc.nat()).map(([value, n]) => () => {
    const all = hostile(value)
    return all[n % all.length]
  }),
)
const name = fc.oneof(fc.string(), fc.constantFrom('aflo', 'aflo.x', 'name', 'email', '__proto__', 'value'))
const tree = fc.dictionary(name, wild).map((parts) => () => members(parts))

const event: fc.Arbitrary<Made<EventLike>> = fc
  .record({
    // Analytics.js' own.
    type: made(fc.constantFrom('page', 'screen', 'track', 'identify', 'group', undefined)),
    messageId: fc.oneof(made(fc.uuid()), wild),
    timestamp: fc.oneof(made(fc.date()), made(fc.integer()), wild),
    userId: fc.oneof(made(fc.string()), wild),
    event: fc.oneof(made(fc.string()), wild),
    name: fc.oneof(made(fc.string()), wild),
    properties: fc.oneof(tree, wild),
    traits: fc.oneof(tree, wild),
  })
  .map((parts) => () => members(parts))

/** A payload, or the reason for none; and what was noted. */
const mapped = (make: (note: (text: string) => void) => object | string) => {
  const notes: string[] = []
  return { made: make((text) => notes.push(text)), notes }
}
const recordOf = (given: EventLike, now = 1_700_000_000_000) =>
  mapped((note) => toRecord(given, 'c', meterName(given, {}) || 'm', {}, now, note))
const customerOf = (given: EventLike) => mapped((note) => toCustomer('c', given.traits, note))

/** What a reader of the wire may rely on, told apart from the code that is tested. */
function problemsOf(value: object): string[] {
  const parsed = JSON.parse(JSON.stringify(value))
  const problems = [
    typeof parsed.customerId === 'string' && parsed.customerId !== '' ? '' : 'customerId',
  ]
  if ('uniqueId' in parsed) {
    problems.push(
      Object.keys(parsed).filter((key) => key !== 'dimensions').join() ===
        'uniqueId,customerId,meterApiName,meterValue,meterTimeInMillis' ? '' : 'keys',
      typeof parsed.uniqueId === 'string' && parsed.uniqueId !== '' ? '' : 'uniqueId',
      typeof parsed.meterApiName === 'string' && parsed.meterApiName.trim() !== '' ? '' : 'meterApiName',
      typeof parsed.meterValue === 'number' ? '' : 'meterValue',
      Number.isSafeInteger(parsed.meterTimeInMillis) ? '' : 'meterTimeInMillis',
    )
    for (const [name, text] of Object.entries(parsed.dimensions ?? { some: 'x' })) {
      const fine = typeof text === 'string' && text.trim() !== '' && [...text].length <= 200 && !/[/|]/.test(text)
      problems.push(fine && !name.startsWith('aflo.') && name !== '__proto__' ? '' : `dimension ${name}`)
    }
  } else {
    const { customerName, customerEmail = 'x', traits = { some: 'x' } } = parsed
    problems.push(typeof customerName === 'string' && customerName !== '' ? '' : 'customerName')
    problems.push(typeof customerEmail === 'string' && customerEmail.trim() !== '' ? '' : 'customerEmail')
    for (const [name, trait] of Object.entries(traits)) {
      const fine = typeof trait === 'string' ? trait.trim() !== '' && !/[/|]/.test(trait) : /number|boolean/.test(typeof trait)
      problems.push(fine ? '' : `trait ${name}`)
    }
  }
  if (Object.keys({ ...parsed.dimensions, ...parsed.traits }).length === 0 && ('dimensions' in parsed || 'traits' in parsed)) {
    problems.push('empty')
  }
  return problems.filter(Boolean)
}

const isSound = ({ made, notes }: ReturnType<typeof mapped>): void => {
  expect(notes.every((note) => typeof note === 'string')).toBe(true)
  if (typeof made === 'object') expect(problemsOf(made)).toEqual([])
  else expect(made).toMatch(/^(no_id|blank_meter|bad_value)$/)
}

const RUNS = { numRuns: 500 }

it('never throws, and what it gives is valid', () => {
  fc.assert(
    fc.property(event, (make) => {
      const given = make()
      isSound(recordOf(given))
      isSound(customerOf(given))
    }),
    RUNS,
  )
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

it('is deterministic', () => {
  fc.assert(
    fc.property(event, (make) => {
      const given = make()
      const [one, two] = [0, 1].map(() => JSON.stringify([recordOf(given), customerOf(given)]))
      expect(one).toBe(two)
    }),
    RUNS,
  )
})

it('depends on the clock only where the event has no time', () => {
  fc.assert(
    fc.property(event, fc.date({ noInvalidDate: true }), (make, timestamp) => {
      const given = { ...make(), timestamp }
      expect(recordOf(given, 1)).toEqual(recordOf(given, 2))
    }),
  )
})

it('takes well-formed events whole', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((value) => value.trim() !== '' && !/[/|]/.test(value))
  const plainName = fc.string({ unit: 'binary', maxLength: 20 }).filter((key) => !key.startsWith('aflo.') && !['__proto__', 'value'].includes(key))
  fc.assert(
    fc.property(text, text, text, fc.integer(), fc.dictionary(plainName, text, { maxKeys: 20 }), (messageId, userId, title, timestamp, properties) => {
      const given = { type: 'track', messageId, userId, event: title, timestamp, properties: { ...properties, value: 2 } }
      expect(recordOf(given)).toEqual({
        made: {
          uniqueId: messageId,
          customerId: 'c',
          meterApiName: title,
          meterValue: 2,
          meterTimeInMillis: timestamp,
          ...(Object.keys(properties).length > 0 && { dimensions: properties }),
        },
        notes: [],
      })
    }),
  )
})
