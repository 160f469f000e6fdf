import { tried } from '../mapping/index.js'
import { MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { AmberfloSettings } from './types.js'

/** What a setting may be (see `isOneOf`), what each item of a list may be, or the settings of a group. */
type Rule = string | readonly [Rule] | { readonly [name: string]: Rule }

const METER = 'string | false'
const NAMES = ['string'] as const

/** Every setting. `0` stands for any name. */
export const table = {
  collectorUrl: 'string',
  token: 'string | function',
  customerId: '"userId" | "groupId" | function',
  anonymousUsage: '"meter" | "drop"',
  meters: { page: METER, screen: METER, track: { 0: METER }, only: NAMES },
  dimensions: { allow: NAMES, deny: NAMES },
  consentCategories: NAMES,
  subscriptions: ['object'],
  batch: { maxRecords: `1..${MAX_BODY_RECORDS}`, maxBytes: `1..${MAX_BODY_BYTES}`, maxDelayMs: '0..60000' },
  onReceipt: 'function',
  debug: 'true | false',
} as const satisfies Rule

/** The name of a type. Falsy values, the empty text among them, have none: no setting is of their type. */
const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : value && typeof value)

/** What was given, as a text. Objects are not asked for theirs: not all have one. */
const show = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"`
  : String(Object(value) === value ? typeOf(value) : value)

/** A type's name, a literal as in JSON, or a range of integers such as `1..500`. */
const isOneOf = (value: unknown, expected: string): boolean =>
  expected.split(' | ').some((one) => {
    const [least, most] = one.split('..')
    return most ? Number.isInteger(value) && value! >= least! && value! <= most : one === typeOf(value) || one === show(value)
  })

const HOME = 'your collector, where the API key belongs'

/**
 * Where a page may send to: no credentials, which `fetch` refuses, and not Amberflo, which asks for the key. The first
 * character tells a path, and stands before the address as browsers read it: to them `/\\elsewhere.example` is no path,
 * and `usage` is one, but of nobody knows what.
 */
const COLLECTOR = /^(\/http:\/\/_\/|[^/]https?:\/\/(?!_\/|[^/]*@|([^/]*\.)?amberflo\.io\.?[:/]))/

const fail = (name: string, given: unknown, expected: string): never => {
  throw new TypeError(`Amberflo: ${name} is ${show(given)}, expected ${expected}`)
}

/**
 * A checked copy of what was given, without what is undefined.
 *
 * @throws TypeError that names the setting, what was given and what is expected; a key is never repeated
 */
export const readSettings = (given: AmberfloSettings): AmberfloSettings => {
  const unknown: string[] = []

  const read = (group: object, rules: object, path: string): object => {
    const isList = Array.isArray(rules)
    // Neither inherits anything, for names are looked up in them that anybody may have given.
    const settings: Record<string, unknown> = isList ? ([] as never) : { __proto__: null }
    const known: Record<string, Rule> = { __proto__: null as never, ...rules }
    for (const [name, value] of Object.entries(group)) {
      const full = path + name
      const rule = known[name] ?? known[0]
      if (!rule) {
        if (/api.?key$/i.test(name)) fail(full, 'in the page', `in ${HOME}`)
        unknown.push(full)
      } else if (isList || value !== undefined) {
        const expected = typeof rule === 'string' ? rule : typeOf(rule) as string
        if (!isOneOf(value, expected)) fail(full, value, expected)
        settings[name] = rule === expected ? value : read(value, rule as object, `${full}.`)
      }
    }
    return settings
  }

  const settings = read(given ?? {}, table, '') as AmberfloSettings
  const { collectorUrl } = settings
  const address = tried(() => collectorUrl[0] + new URL(collectorUrl, 'http://_').href)
  if (!COLLECTOR.test(address as string)) fail('collectorUrl', collectorUrl, `an http(s) URL or a /path of ${HOME}`)
  if (unknown[0]) console.warn(`Amberflo: unknown settings ${unknown}`)
  return settings
}
