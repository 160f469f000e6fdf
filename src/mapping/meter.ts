import type { EventLike } from './event.js'
import { textOf } from './value.js'

/** What events are called as meters. `false` skips the event. */
export interface MeterNames {
  /** @default "page" */
  page?: string | false
  /** @default "screen" */
  screen?: string | false
  /** By the event's name, verbatim. */
  track?: Record<string, string | false>
  /** Meter nothing else. These are the meters' names, so after any renaming above. */
  only?: readonly string[]
}

/**
 * The meter that an event counts on: what `names` says, or else the tracked event's name. `false` where the event is
 * not metered, which is no error. A name that is missing, blank or not a text is `''`, which `toRecord` refuses.
 *
 * @param names inherit nothing, for an event may have the name of something that every object inherits
 */
export function meterName({ type, event }: EventLike, { only, track, ...names }: MeterNames = {}): string | false {
  const title = textOf(event)
  const name =
    type === 'track' ? track?.[title] ?? title
    : (type === 'page' || type === 'screen') && (names[type] ?? type)
  return only?.includes(name as string) !== false && name
}
