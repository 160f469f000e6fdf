/**
 * The part of a Segment event that is read here. It is data from a page: every value may be missing,
 * of another type, or hostile.
 * @see https://segment.com/docs/connections/spec/common/
 */
export interface EventLike {
  type?: unknown
  messageId?: unknown
  timestamp?: unknown
  userId?: unknown
  anonymousId?: unknown
  event?: unknown
  name?: unknown
  properties?: unknown
  /** How much was used, where the properties do not tell. */
  value?: unknown
  traits?: unknown
  context?: unknown
}
