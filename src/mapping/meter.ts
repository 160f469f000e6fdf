import type { EventLike } from './event.js'
import { get } from './get.js'

/** How events are called as meters. `false` skips the event. */
export interface MeterNames {
  page?: string | false
  screen?: string | false
  /** By the event's name, verbatim. */
  track?: Record<string, string | false>
  /** Meter nothing else. These are the meters' names, so after any renaming above. */
  only?: readonly string[]
}

/**
 * The meter that an event counts on: `page`, `screen` or the tracked event's name, unless `names` says
 * otherwise. `false` where the event is not metered, which is no error. A name that is missing or not a
 * text is `''`, which `toRecord` refuses.
 */
export function meterName(event: EventLike, names: MeterNames = {}): string | false {
  const type = get(event, 'type') as string
  const title = get(event, 'event')
  const name =
    type === 'page' || type === 'screen' ? names[type] ?? type
    : type !== 'track' ? false
    : typeof title !== 'string' ? ''
    // A map, since an event may have the name of something that every object inherits.
    : new Map(Object.entries(names.track ?? {})).get(title) ?? title
  return name !== false && (!names.only || names.only.includes(name)) && name
}
