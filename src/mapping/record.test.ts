import { toRecord, type EventLike } from './index.js'

const NOW = 1_700_000_000_000
const AT = Date.UTC(2021, 3, 26, 14, 1, 46, 909)

const track: EventLike = { type: 'track', messageId: 'm1', timestamp: AT, event: 'Calls' }
/** A record, or the reason for none; and what was noted. */
const map = (event: EventLike, customerId = 'c1', meter = 'Calls') => {
  const notes: string[] = []
  const made = toRecord(event, customerId, meter, {}, NOW, (note) => notes.push(note))
  return typeof made === 'string' ? { refusal: made, notes } : { value: made, notes }
}
const recordOf = (event: EventLike) => map(event).value!

it.each(['page', 'screen'])('a %s counts once, whatever fields a plugin has added to the event', (type) => {
  expect(recordOf({ ...track, type, value: 9, properties: { value: 7 } })).toMatchObject({ meterValue: 1, dimensions: { value: '7' } })
})

describe('uniqueId and customerId', () => {
  it('are verbatim', () => {
    const id = ' a/b|c é\u{1f600} '
    expect(map({ ...track, messageId: id }, id)).toMatchObject({ value: { uniqueId: id, customerId: id } })
  })
  it.each([undefined, null, '', {}])('%p is no message id', (messageId) => {
    expect(map({ ...track, messageId })).toEqual({ refusal: 'no_id', notes: [] })
  })
})

describe('meterApiName', () => {
  it('is verbatim', () => {
    expect(map(track, 'c1', ' API  Calls/v2 ')).toMatchObject({ value: { meterApiName: ' API  Calls/v2 ' } })
  })
  it.each(['', '  ', '\t\n'])('%p is refused', (name) => {
    expect(map(track, 'c1', name)).toEqual({ refusal: 'blank_meter', notes: [] })
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
    NaN, Infinity, -Infinity, 'abc', '', ' ', '0x10', '0b1', '0o17', '1_000', '1,5', '1e', 'e3', '.', '+', '1 2', '1e999',
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

  it('is that of the field `value` for what is neither page, screen nor track', () => {
    const event = { messageId: 'm1', timestamp: AT, value: '2.5', properties: { value: 5 } }
    expect(recordOf(event)).toMatchObject({ meterValue: 2.5, dimensions: { value: '5' } })
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
    // As the libraries for dates make them.
    [{ toISOString: (): string => '2021-04-26T14:01:46.909Z', valueOf: (): number => AT }, AT],
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
  const event = { ...track, get timestamp() { throw new Error('no') } }
  expect(map(event)).toMatchObject({ value: { meterTimeInMillis: NOW } })
  expect(map({ ...track, timestamp: new Proxy(new Date(AT), {}) })).toMatchObject({ value: { meterTimeInMillis: NOW } })
})

describe('dimensions', () => {
  it.each([undefined, null, {}, { value: 3 }, { a: null, b: ' ' }])('are omitted when empty: %p', (properties) => {
    expect(JSON.stringify(recordOf({ ...track, properties }))).not.toContain('dimensions')
  })

  it.each([
    ['the name alone', { name: 'Home' }, { name: 'Home' }],
    ['the event’s over the property', { name: 'Home', properties: { name: 'Other', a: 1 } }, { name: 'Home', a: '1' }],
    ['the property without an event’s name', { properties: { name: 'Other' } }, { name: 'Other' }],
    ['the event’s over a property of parts', { name: 'Home', properties: { name: { first: 'x' }, a: 1 } }, { name: 'Home', a: '1' }],
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
