import { MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { AmberfloSettings } from './types.js'

const METER = 'string | false'
const NAMES = 'string[]'

/** What a setting may be (see `isOneOf`), or the settings of a group. */
type Rule = string | { readonly [name: string]: Rule }

/** Every setting. `*` stands for any name. */
export const table = {
  collectorUrl: 'string',
  token: 'string | function',
  customerId: '"userId" | "groupId" | function',
  anonymousUsage: '"meter" | "drop"',
  meters: { page: METER, screen: METER, track: { '*': METER }, only: NAMES },
  dimensions: { allow: NAMES, deny: NAMES },
  consentCategories: NAMES,
  subscriptions: 'object[]',
  batch: { maxRecords: `1..${MAX_BODY_RECORDS}`, maxBytes: `1..${MAX_BODY_BYTES}`, maxDelayMs: '0..60000' },
  onReceipt: 'function',
  debug: 'true | false',
} satisfies Rule

/** What was given, as a text. Objects are not asked for theirs: not all have one. */
const show = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(show)}]`
  : typeof value === 'string' ? `"${value}"`
  : typeof value === 'object' && value ? 'object'
  : String(value)

/** A type's name, a literal as in JSON, a range of integers such as `1..500`, or a list such as `string[]`. Texts are not empty. */
const isOneOf = (value: unknown, expected: string): unknown =>
  expected.split(' | ').some((one) => {
    const [least, most] = one.split('..')
    return most ? Number.isInteger(value) && value! >= least! && value! <= most
      : Array.isArray(value) ? one.endsWith('[]') && value.every((each) => isOneOf(each, one.slice(0, -2)))
      : one === typeof value ? value
      : one === show(value)
  })

/** Where a page may send to: no credentials, which `fetch` refuses, and not Amberflo, which asks for the key. */
const isCollector = (url: string): boolean => {
  try {
    // As browsers read it: `/\\elsewhere.example` is no path, and `usage` is one, but of nobody knows what.
    const { href } = new URL(url, 'http://_')
    return /^https?:\/\/(?!([^/]*@|([^/]*\.)?amberflo\.io\.?[:/]))/.test(href) && (url[0] === '/') === href.startsWith('http://_/')
  } catch {
    return false
  }
}
const HOME = 'your collector, where the API key belongs'

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

  const read = (group: object, rules: Record<string, Rule>, path: string): object => {
    // Neither inherits anything, for names are looked up in them that anybody may have given.
    const settings: Record<string, unknown> = { __proto__: null }
    const known: Record<string, Rule> = { __proto__: null as never, ...rules }
    for (const [name, value] of Object.entries(group)) {
      const full = path + name
      const rule = known[name] ?? known['*']
      if (!rule) {
        if (/api.?key$/i.test(name)) fail(full, 'in the page', `in ${HOME}`)
        unknown.push(full)
      } else if (value !== undefined) {
        const expected = typeof rule === 'string' ? rule : 'object'
        if (!isOneOf(value, expected)) fail(full, value, expected)
        settings[name] = rule === expected ? value : read(value, rule as Record<string, Rule>, `${full}.`)
      }
    }
    return settings
  }

  const settings = read(given ?? {}, table, '') as AmberfloSettings
  if (!isCollector(settings.collectorUrl)) fail('collectorUrl', settings.collectorUrl, `an http(s) URL or a /path of ${HOME}`)
  if (unknown[0]) console.warn(`Amberflo: unknown settings ${unknown}`)
  return settings
}
