import { tried } from '../mapping/index.js'
import { MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { AmberfloSettings } from './types.js'

/**
 * What a setting may be, what each item of a list may be, or the settings of a group. A text names types, literals as in
 * JSON, or a range of integers such as `1..500`.
 */
type Rule = string | readonly [Rule] | { readonly [name: string]: Rule }

const NAMES = ['string'] as const
const METER = 'string | false'

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

/**
 * A checked copy of what was given, without what is undefined.
 *
 * @throws TypeError that names the setting, what was given and what is expected; a key is never repeated
 */
export const readSettings = (given: AmberfloSettings): AmberfloSettings => {
  const unknown: string[] = []

  const read = (name: string, value: unknown, rule: Rule): unknown => {
    const isList = Array.isArray(rule)
    const expected = isList ? 'array' : typeof rule === 'string' ? rule : 'object'
    // Falsy values, the empty text among them, have no type: no setting is of theirs.
    const type = Array.isArray(value) ? 'array' : value && typeof value
    // Objects are not asked for their text: not all have one.
    const text = typeof value === 'string' ? `"${value}"` : String(Object(value) === value ? type : value)
    // Texts, but a number is compared with them as numbers.
    const [least, most] = expected.split('..') as unknown[] as number[]
    // Only an integer is what its own text begins with.
    const isRight = most
      ? parseInt(text) === value && value >= least! && value <= most
      : expected.split(' | ').some((one) => one === type || one === text)
    if (!isRight) throw new TypeError(`Amberflo: ${name} is ${text}, expected ${expected}`)
    if (rule === expected) return value

    // Neither inherits anything, for names are looked up in them that anybody may have given.
    const settings: Record<string, unknown> = isList ? ([] as never) : { __proto__: null }
    const known: Record<string, Rule> = { __proto__: null as never, ...(rule as object) }
    for (const [key, item] of Object.entries(value as object)) {
      const full = (name && `${name}.`) + key
      const itsRule = known[key] ?? known[0]
      if (itsRule) {
        if (isList || item !== undefined) settings[key] = read(full, item, itsRule)
      } else {
        // Throws, as below: no value is what is expected here.
        if (/api.?key$/i.test(key)) read(full, 'in the page', 'in your collector, where the API key belongs')
        unknown.push(full)
      }
    }
    return settings
  }

  const settings = read('', { ...given }, table) as AmberfloSettings
  const { collectorUrl } = settings
  const address = tried(() => collectorUrl[0]! + new URL(collectorUrl, 'http://_'))
  // Where a page may send to: no credentials, which `fetch` refuses, and not Amberflo, which asks for the key. The first
  // character tells a path, and stands before the address as browsers read it: to them `/\\elsewhere.example` is no path,
  // and `usage` is one, but of nobody knows what.
  if (!/^\/http:\/\/_\/|^[^/\\]https?:\/\/(?!_\/|[^/]*@|([^/]*\.)?amberflo\.io\.?[:/])/.test(address as string)) {
    read('collectorUrl', collectorUrl, 'an http(s) URL or a /path of your collector, where the API key belongs')
  }
  settings.subscriptions?.forEach(({ subscribe }, index) => read(`subscriptions.${index}.subscribe`, subscribe, 'string'))
  if (unknown[0]) console.warn(`Amberflo: unknown settings ${unknown}`)
  return settings
}
