import type { SegmentEvent } from '@segment/analytics-next'
import { textOf } from '../mapping/index.js'
import type { AmberfloSettings } from './types.js'

/**
 * Who pays for an event: the customer's id, verbatim; `''` for nobody. Of an identify event, who was identified: a
 * person, even where groups pay.
 *
 * @param currentGroup the page's group, since `analytics.group()` puts it into no later event
 * @throws what the site's own `customerId` function throws, and a TypeError where it gives an object
 */
export const payerOf = (
  event: SegmentEvent,
  { customerId, anonymousUsage }: AmberfloSettings,
  currentGroup: () => unknown,
): string => {
  const isUsage = event.type !== 'identify'
  const id =
    typeof customerId === 'function' ? customerId(event)
    : isUsage && customerId === 'groupId' ? event.context?.['groupId'] || currentGroup()
    : event.userId
  // A promise, for example: nobody would pay, or the visitor in the customer's place.
  if (Object(id) === id) throw new TypeError('customerId gave an object, expected a string')
  return textOf(id || '') || (isUsage && anonymousUsage !== 'drop' ? textOf(event.anonymousId) : '')
}
