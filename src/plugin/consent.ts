import type { SegmentEvent } from '@segment/analytics-next'

/**
 * Whether every one of the categories is granted. Segment's consent tools write them into the event.
 * @see https://segment.com/docs/privacy/consent-management/consent-in-segment-connections/
 */
export const isGranted = ({ context }: SegmentEvent, categories: readonly string[]): boolean =>
  categories.every((category) => context?.['consent']?.categoryPreferences?.[category] === true)
