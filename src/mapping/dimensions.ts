import { flatten } from './flatten.js'
import type { Note } from './note.js'

/** Which dimensions are sent. A name also stands for all that is nested below it: `user` for `user.id`. */
export interface DimensionFilter {
  /** Nothing else is sent. */
  allow?: readonly string[]
  /** Never sent, even if allowed. */
  deny?: readonly string[]
}

const covers = (names: readonly string[] | undefined, name: string): boolean | undefined =>
  names?.some((listed) => `${name}.`.startsWith(`${listed}.`))

/**
 * Properties as dimensions: dotted names, and texts of up to 200 code points, so that no surrogate pair is halved.
 * Amberflo's control dimensions, which can cancel usage, begin with `aflo.` and never pass.
 *
 * @param given stands in the place of the property of its name
 */
export const dimensionsOf = (
  properties: unknown,
  given: unknown,
  filter: DimensionFilter | undefined,
  note: Note,
): Record<string, string> | undefined =>
  flatten(
    properties,
    'properties',
    note,
    (name, value) =>
      name.startsWith('aflo.') || covers(filter?.deny, name) || covers(filter?.allow, name) === false ? ''
      : String(value).match(/^.{0,200}/su)![0],
    given,
  )
