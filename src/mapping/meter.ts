import type { EventLike } from './event.js'
import { textOf } from './value.js'

/** What events are called as meters. `false` skips the event. */
export interface MeterNames {
  page?: string | false
  screen?: string | false
  /** By the event's name, verbatim. */
  track?: Record<string, string | false>
  /** Meter nothing else. These are the meters' names, so after any renaming above. */
  only?: readonly string[]
}

/**
 * The meter that an event counts on: what `names` says, or else the tracked event's name. `false` where the event is
 * not metered, which is no error. A name that is missing, blank or not a text is `''`, which `toRecord` refuses.
 */
export function meterName({ type, event }: EventLike, { only, track, ...names }: MeterNames): string | false {
  const title = textOf(event)
  // An event may have the name of something that every object inherits.
  const tracked: MeterNames['track'] & object = { __proto__: null as never, ...track }
  const name = type === 'track' ? tracked[title] ?? title : names[type as keyof typeof names] ?? false
  return name !== false && (!only || only.includes(name)) && name
}
