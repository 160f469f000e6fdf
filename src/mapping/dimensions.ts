import { flatten } from './flatten.js'
import type { Note } from './note.js'
import { withoutSeparators, type Scalar } from './value.js'

/** Which dimensions are sent. A name also stands for all that is nested below it: `user` for `user.id`. */
export interface DimensionFilter {
  /** Nothing else is sent. */
  allow?: readonly string[]
  /** Never sent, even if allowed. */
  deny?: readonly string[]
}

const covers = (names: readonly string[], name: string): boolean =>
  names.some((listed) => `${name}.`.startsWith(`${listed}.`))

/**
 * Properties as dimensions: dotted names, and texts of up to 200 code points, so that no surrogate pair is halved.
 * Amberflo's control dimensions, which can cancel usage, begin with `aflo.` and never pass.
 *
 * @param given stands in the place of the properties of its names
 */
export function dimensionsOf(
  properties: unknown,
  given: readonly [name: string, value: string][],
  { allow, deny = [] }: DimensionFilter,
  note: Note,
): Map<string, Scalar> {
  const dimensions = flatten(properties, 'properties', note, new Map(given))
  for (const [name, value] of dimensions) {
    const text = withoutSeparators(String(value).match(/^.{0,200}/su)![0])
    if (!text.trim() || name.startsWith('aflo.') || covers(deny, name) || (allow && !covers(allow, name))) dimensions.delete(name)
    else dimensions.set(name, text)
  }
  return dimensions
}
