import parse from '@segment/destination-subscriptions/dist/esm/parse-fql.js'
export { default as validate } from '@segment/destination-subscriptions/dist/esm/validate.js'

const parsed = new Map<string, ReturnType<typeof parse>>()

/**
 * Segment's parser of its filter language, which the runtime calls for every event; here it works once for each filter.
 * The build puts this module in the place of `@segment/destination-subscriptions`.
 */
export const parseFql = (filter: string): ReturnType<typeof parse> => {
  let condition = parsed.get(filter)
  if (!condition) parsed.set(filter, (condition = parse(filter)))
  return condition
}
