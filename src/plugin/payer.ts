import type { SegmentEvent } from '@segment/analytics-next'
import { idOf } from '../mapping/index.js'
import type { Settings } from './settings.js'

/**
 * Who pays for an event: the customer's id, verbatim; `''` for nobody.
 *
 * @param currentGroup the page's group, since `analytics.group()` puts it into no later event
 * @throws what the site's own `customerId` function throws
 */
export const payerOf = (
  event: SegmentEvent,
  { customerId, anonymousUsage }: Pick<Settings, 'customerId' | 'anonymousUsage'>,
  currentGroup: () => unknown,
): string =>
  idOf(
    typeof customerId === 'function' ? customerId(event)
    : customerId === 'groupId' ? event.context?.['groupId'] || currentGroup()
    : event.userId,
  ) || (anonymousUsage === 'meter' ? idOf(event.anonymousId) : '')
