import { textOf, toCustomer, toRecord, type DimensionFilter, type Note } from '../../mapping/index.js'
import type { Routed } from '../routing.js'
import type { CustomerFields, Yield } from './client.js'

/** A name or an email that the mapping chose stands in the place of the traits' own. */
const personOf = ({ customerName, customerEmail, traits }: CustomerFields): object => ({
  ...(traits as object | undefined),
  ...(customerName ? { name: customerName } : {}),
  ...(customerEmail ? { email: customerEmail } : {}),
})

/** What an action yields, normalised like everything else. */
export const payloadOf = ([action, fields]: Yield, filter: DimensionFilter | undefined, note: Note): Routed => {
  const customerId = textOf(fields.customerId)
  if (!customerId) return 'no_customer'
  if (action === 'customer') return toCustomer(customerId, personOf(fields), note)
  const { uniqueId, meterApiName, meterValue, meterTimeInMillis, dimensions } = fields
  const event = { messageId: uniqueId, timestamp: meterTimeInMillis, value: meterValue, properties: dimensions }
  return toRecord(event, customerId, textOf(meterApiName), filter, Date.now(), note)
}
