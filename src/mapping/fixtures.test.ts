import identify from '../../test/fixtures/identify.json'
import page from '../../test/fixtures/page.json'
import screen from '../../test/fixtures/screen.json'
import track from '../../test/fixtures/track.json'
import { customerFields, eventFields, meterName, toCustomer, toRecord } from './index.js'

/** The examples of Amberflo's own page about its Segment destination. */
describe('Amberflo’s published examples', () => {
  it.each([
    ['page', page],
    ['screen', screen],
    ['track', track],
  ])('%s', (_, { event, record }) => {
    const fields = eventFields(event, event.userId, meterName(event, {}))
    expect(toRecord(fields, {}, 0)).toStrictEqual({ value: record, notes: [] })
  })

  it('identify', () => {
    expect(toCustomer(customerFields(identify.event))).toStrictEqual({ value: identify.customer, notes: [] })
  })

  it('keeps the order of a record’s keys', () => {
    const mapped = toRecord(eventFields(track.event, 'c', 'm'), {}, 0)
    expect('value' in mapped && Object.keys(mapped.value)).toEqual([
      'uniqueId',
      'customerId',
      'meterApiName',
      'meterValue',
      'meterTimeInMillis',
      'dimensions',
    ])
  })
})
