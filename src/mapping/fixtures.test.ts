import identify from '../../test/fixtures/identify.json'
import page from '../../test/fixtures/page.json'
import screen from '../../test/fixtures/screen.json'
import track from '../../test/fixtures/track.json'
import { meterName, toCustomer, toRecord, type EventLike } from './index.js'

/** As it travels, without what is undefined. */
const json = (value: unknown) => JSON.parse(JSON.stringify(value))

const record = (event: EventLike & { userId: string }) =>
  toRecord(event, event.userId, meterName(event, { page: 'page', screen: 'screen' }) as string, {}, 0, (note) => { throw new Error(note) })

/** The examples of Amberflo's own page about its Segment destination. */
describe('Amberflo’s published examples', () => {
  it.each([
    ['page', page],
    ['screen', screen],
    ['track', track],
  ])('%s', (_, { event, record: expected }) => {
    expect(json(record(event))).toStrictEqual(expected)
  })

  it('identify', () => {
    const { userId, traits } = identify.event
    expect(json(toCustomer(userId, traits, (note) => { throw new Error(note) }))).toStrictEqual(identify.customer)
  })

  it('keeps the order of a record’s keys', () => {
    expect(Object.keys(record(track.event))).toEqual([
      'uniqueId',
      'customerId',
      'meterApiName',
      'meterValue',
      'meterTimeInMillis',
      'dimensions',
    ])
  })
})
