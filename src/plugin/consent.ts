import type { SegmentEvent } from '@segment/analytics-next'

/**
 * Whether one of the categories is not granted. Segment's consent tools write them into the event.
 * @see https://segment.com/docs/privacy/consent-management/consent-in-segment-connections/
 */
export const isForbidden = (event: SegmentEvent, categories: readonly string[] | undefined): boolean | undefined =>
  categories?.some((category) => event.context?.['consent']?.categoryPreferences?.[category] !== true)
