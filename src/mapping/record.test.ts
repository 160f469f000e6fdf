import { eventFields, toRecord, type EventLike } from './index.js'

const NOW = 1_700_000_000_000
const AT = Date.UTC(2021, 3, 26, 14, 1, 46, 909)

const track: EventLike = { type: 'track', messageId: 'm1', timestamp: AT, event: 'Calls' }
const map = (event: EventLike, customerId: unknown = 'c1', meter: unknown = 'Calls') =>
  toRecord(eventFields(event, customerId, meter), {}, NOW)
const recordOf = (event: EventLike) => {
  const mapped = map(event)
  if (!('value' in mapped)) throw new Error(mapped.refusal)
  return mapped.value
}

describe('uniqueId and customerId', () => {
  it('are verbatim', () => {
    const id = ' a/b|c é\u{1f600} '
    expect(map({ ...track, messageId: id }, id)).toMatchObject({ value: { uniqueId: id, customerId: id } })
  })
  it('may be numbers', () => {
    expect(map({ ...track, messageId: 7 }, 0)).toMatchObject({ value: { uniqueId: '7', customerId: '0' } })
  })
  it.each([undefined, null, '', NaN, true, {}, ['c']])('%p is no customer', (id) => {
    expect(map(track, id ?? null)).toEqual({ refusal: 'no_customer', notes: [] })
  })
  it.each([undefined, null, '', {}])('%p is no message id', (messageId) => {
    expect(map({ ...track, messageId })).toEqual({ refusal: 'no_id', notes: [] })
  })
})

describe('meterApiName', () => {
  it('is verbatim', () => {
    expect(map(track, 'c1', ' API  Calls/v2 ')).toMatchObject({ value: { meterApiName: ' API  Calls/v2 ' } })
  })
  it.each(['', '  ', '\t\n', undefined, null, {}])('%p is refused', (name) => {
    expect(map(track, 'c1', name ?? '')).toEqual({ refusal: 'blank_meter', notes: [] })
  })
})

describe('meterValue', () => {
  it.each([
    [undefined, 1],
    [null, 1],
    [0, 0],
    [2.5, 2.5],
    [-3, -3],
    [Number.MAX_VALUE, Number.MAX_VALUE],
    ['2.5', 2.5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['-7', -7],
    ['+7', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    [' 4\n', 4],
  ])('%p is %p', (value, expected) => {
    expect(recordOf({ ...track, properties: { value } }).meterValue).toBe(expected)
  })

  it.each([
    NaN, Infinity, -Infinity, 'abc', '', ' ', '0x10', '0b1', '1_000', '1,5', '1e', 'e3', '.', '+', '1 2', '1e999',
    'Infinity', 'NaN', true, false, {}, [], [5], 5n, new Date(0), Object(5), () => 5, Symbol('5'),
  ])('%p is refused', (value) => {
    expect(map({ ...track, properties: { value } })).toEqual({ refusal: 'bad_value', notes: [] })
  })

  it('is refused where it cannot be read', () => {
    const properties = { get value() { throw new Error('no') } }
    expect(map({ ...track, properties })).toEqual({ refusal: 'bad_value', notes: [] })
  })

  it('takes no long time for a long text', () => {
    const value = '1'.repeat(1_000_000) + 'x'
    expect(map({ ...track, properties: { value } })).toMatchObject({ refusal: 'bad_value' })
  })

  it.each(['page', 'screen'])('is 1 for a %s, whose `value` is a dimension', (type) => {
    expect(recordOf({ ...track, type, properties: { value: 5 } })).toMatchObject({
      meterValue: 1,
      dimensions: { value: '5' },
    })
  })
})

describe('meterTimeInMillis', () => {
  it.each([
    [new Date(AT), AT],
    ['2021-04-26T14:01:46.909Z', AT],
    ['2021-04-26T16:01:46.909+02:00', AT],
    ['2021-04-26', Date.UTC(2021, 3, 26)],
    ['+002021-04-26T14:01:46.909Z', AT],
    [AT, AT],
    [AT + 0.9, AT],
    [0, 0],
    [-1.5, -1],
  ])('%p is %p', (timestamp, expected) => {
    const mapped = map({ ...track, timestamp })
    expect(mapped).toMatchObject({ value: { meterTimeInMillis: expected }, notes: [] })
  })

  it.each([
    undefined, null, '', 'yesterday', '26.4.2021', 'Apr 26 2021', '2021-13-45', String(AT), new Date(NaN), NaN, Infinity,
    8.65e15, true, {}, [AT], 5n,
  ])('%p is now, and noted', (timestamp) => {
    expect(map({ ...track, timestamp })).toMatchObject({
      value: { meterTimeInMillis: NOW },
      notes: ['timestamp: unreadable, replaced by now'],
    })
  })
})

it('takes the current time where the event’s throws', () => {
  const timestamp = { toJSON() { throw new Error('no') } }
  expect(map({ ...track, timestamp })).toMatchObject({ value: { meterTimeInMillis: NOW } })
})

describe('dimensions', () => {
  it.each([undefined, null, {}, { value: 3 }, { a: null, b: ' ' }])('are omitted when empty: %p', (properties) => {
    expect('dimensions' in recordOf({ ...track, properties })).toBe(false)
  })

  it.each([
    ['the name alone', { name: 'Home' }, { name: 'Home' }],
    ['the event’s over the property', { name: 'Home', properties: { name: 'Other', a: 1 } }, { name: 'Home', a: '1' }],
    ['the property without an event’s name', { properties: { name: 'Other' } }, { name: 'Other' }],
    ['the property where the event’s is blank', { name: ' ', properties: { name: 'Other' } }, { name: 'Other' }],
  ])('take a screen’s name: %s', (_, part, dimensions) => {
    expect(recordOf({ ...track, type: 'screen', ...part }).dimensions).toEqual(dimensions)
  })

  it('take no name from a track event', () => {
    expect(recordOf({ ...track, name: 'Home', properties: { a: 1 } }).dimensions).toEqual({ a: '1' })
  })

  it('leave out the `value` of a track, and what cannot be read', () => {
    const properties = { value: 2, a: 1, get b() { throw new Error('no') } }
    expect(map({ ...track, properties })).toMatchObject({
      value: { meterValue: 2, dimensions: { a: '1' } },
      notes: ['properties.b: unreadable, left out'],
    })
  })

  it('do not change the event', () => {
    const properties = Object.freeze({ value: 2, name: 'x' })
    recordOf({ ...track, properties })
    recordOf({ ...track, type: 'page', name: 'y', properties })
    expect(properties).toEqual({ value: 2, name: 'x' })
  })
})

describe('size', () => {
  it.each(['x', 'é', '€', '\u{1f600}', '"', '\n'])('of up to 32 KiB is taken, of %p', (character) => {
    // All but the message's id, which makes up what is left.
    const value = character.repeat(100)
    const properties = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`n${i}`, value]))
    const bytes = Buffer.byteLength(JSON.stringify(recordOf({ ...track, properties })))
    const messageId = track.messageId + 'm'.repeat(32 * 1024 - bytes)

    expect(map({ ...track, messageId, properties })).toHaveProperty('value.uniqueId', messageId)
    expect(map({ ...track, messageId: messageId + 'm', properties })).toEqual({ refusal: 'too_large', notes: [] })
  })
})
