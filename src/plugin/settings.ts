import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { AmberfloSettings } from './types.js'

/** What a setting may be, as alternatives (see `isOneOf`), and what it is when left out. */
type Rule = readonly [expected: string, fallback?: unknown]
type Table = { readonly [name: string]: Rule | Table }

const METER = 'string | false'
const NAMES = 'string[]'

/** Every setting. `*` stands for any name, so nothing may be inherited beside it. */
export const table = {
  collectorUrl: ['string'],
  token: ['string | function'],
  customerId: ['"userId" | "groupId" | function', 'userId'],
  anonymousUsage: ['"meter" | "drop"', 'meter'],
  meters: { page: [METER, 'page'], screen: [METER, 'screen'], track: { __proto__: null as never, '*': [METER] }, only: [NAMES] },
  dimensions: { allow: [NAMES], deny: [NAMES] },
  consentCategories: [NAMES, []],
  subscriptions: ['object[]', []],
  batch: {
    maxRecords: [`1..${MAX_BODY_RECORDS}`, MAX_BATCH_RECORDS],
    maxBytes: [`1..${MAX_BODY_BYTES}`, MAX_BATCH_BYTES],
    maxDelayMs: ['0..60000', 1000],
  },
  onReceipt: ['function'],
  debug: ['true | false', false],
} satisfies Table

type Defaulted = 'customerId' | 'anonymousUsage' | 'meters' | 'dimensions' | 'consentCategories' | 'subscriptions' | 'batch'

/** The settings with every default filled in. */
export type Settings = AmberfloSettings & Required<Pick<AmberfloSettings, Defaulted>> & { batch: Required<NonNullable<AmberfloSettings['batch']>> }

/** A type's name, a literal as in JSON, a range of integers such as `1..500`, or a list such as `string[]`. Texts are not empty. */
const isOneOf = (value: unknown, expected: string): unknown =>
  expected.split(' | ').some((one) => {
    const [least, most] = one.split('..')
    return most ? Number.isInteger(value) && value! >= least! && value! <= most
      : Array.isArray(value) ? one.endsWith('[]') && value.every((each) => isOneOf(each, one.slice(0, -2)))
      : one === typeof value ? value
      : one === JSON.stringify(value)
  })

/** Where a page may send to: no credentials, which `fetch` refuses, and not Amberflo, which asks for the key. */
const isCollector = (url: string): boolean => {
  try {
    // As browsers read it: `/\\elsewhere.example` is no path, and `usage` is one, but of nobody knows what.
    const { href } = new URL(url, 'http://own')
    return /^https?:\/\/(?!([^/]*@|([^/]*\.)?amberflo\.io\.?[:/]))/.test(href) && (url[0] === '/') === href.startsWith('http://own/')
  } catch {
    return false
  }
}
const HOME = 'your collector, where the API key belongs'

const fail = (name: string, given: unknown, expected: string): never => {
  throw new TypeError(`Amberflo: ${name} is "${given}", expected ${expected}`)
}

/**
 * Checks what was given and fills in the defaults.
 *
 * @throws TypeError that names the setting, what was given and what is expected; a key is never repeated
 */
export const readSettings = (given: AmberfloSettings): Settings => {
  const unknown: string[] = []

  const read = (value: unknown, rule: Rule | Table, path: string): unknown => {
    const [expected, fallback] = Array.isArray(rule) ? (rule as unknown as Rule) : ['object', {}]
    if (value === undefined) value = fallback
    else if (!isOneOf(value, expected)) fail(path || 'settings', value, expected)
    if (Array.isArray(rule)) return value

    const settings: Record<string, unknown> = {}
    for (const name of Object.keys({ ...rule, ...(value as object) })) {
      const inner = (rule as Table)[name] ?? (rule as Table)['*']
      const full = path ? `${path}.${name}` : name
      if (inner) settings[name] = read((value as Record<string, unknown>)[name], inner, full)
      else if (/api.?key$/i.test(name)) fail(full, 'in the page', `in ${HOME}`)
      else unknown.push(full)
    }
    return settings
  }

  const settings = read(given, table, '') as Settings
  if (!isCollector(settings.collectorUrl)) fail('collectorUrl', settings.collectorUrl, `an http(s) URL or a /path of ${HOME}`)
  if (unknown.length) console.warn(`Amberflo: unknown settings ${unknown}`)
  return settings
}
