import { flatten } from './flatten.js'
import { dimensionValue, isScalar } from './value.js'

/** Which dimensions are sent. A name also stands for all that is nested below it: `user` for `user.id`. */
export interface DimensionFilter {
  /** Nothing else is sent. */
  allow?: readonly string[]
  /** Never sent, even if allowed. */
  deny?: readonly string[]
}

/** Amberflo's control dimensions, which can cancel usage, begin with this. */
const RESERVED = 'aflo.'

const covers = (names: readonly string[], name: string): boolean =>
  names.some((listed) => `${name}.`.startsWith(`${listed}.`))

/** Properties as dimensions: dotted names, and texts only. */
export const dimensionsOf = (
  properties: unknown,
  { allow, deny = [] }: DimensionFilter,
  notes: string[],
): Record<string, string> | undefined =>
  flatten(properties, 'properties', notes, (value, name) => {
    if (name.startsWith(RESERVED)) {
      notes.push(`properties.${name}: reserved, left out`)
    } else if (!covers(deny, name) && (!allow || covers(allow, name))) {
      // The cut may leave nothing but blanks.
      const text = dimensionValue(value)
      if (isScalar(text)) return text
    }
    return undefined
  })
