import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_BODY_BYTES, MAX_BODY_RECORDS } from '../wire/limits.js'
import type { AmberfloSettings } from './types.js'

type Check = (value: unknown) => unknown
type Row = readonly [name: string, fallback: unknown, check: Check, expected: string]

const isText: Check = (value) => typeof value === 'string' && value.trim()
const isFunction: Check = (value) => typeof value === 'function'
const isObject: Check = (value) => typeof value === 'object' && value && !Array.isArray(value)
const isMeter: Check = (value) => value === false || isText(value)
const isNames: Check = (value) => Array.isArray(value) && value.every(isText)
const isOneOf = (...words: unknown[]): Check => (value) => words.includes(value)
const isWhole = (least: number, most: number): Check => (value) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

/** A path gets the page's origin; on a server, where no page is, any origin will do to check it. */
const parseUrl = (value: unknown): URL | undefined => {
  try {
    const url = new URL(value as string, /^\/(?!\/)/.test(value as string) ? (globalThis.location?.href ?? 'http://page') : undefined)
    // `fetch` refuses addresses that hold credentials.
    return /^https?:$/.test(url.protocol) && !url.username ? url : undefined
  } catch {
    return undefined
  }
}

const METER = 'a meter name, or false to skip'
const NAMES = 'a list of names'
const OBJECT = 'an object'
const upTo = (most: number): string => `a whole number up to ${most}`

/** Every setting: what it is when left out, when it is right, and what is expected. */
export const table: readonly Row[] = [
  ['collectorUrl', undefined, parseUrl, 'an http(s) URL, or a path that begins with /'],
  ['token', undefined, (value) => isText(value) || isFunction(value), 'a string, or a function that returns one'],
  ['customerId', 'userId', (value) => isOneOf('userId', 'groupId')(value) || isFunction(value), "'userId', 'groupId' or a function"],
  ['anonymousUsage', 'meter', isOneOf('meter', 'drop'), "'meter' or 'drop'"],
  ['meters', {}, isObject, OBJECT],
  ['meters.page', 'page', isMeter, METER],
  ['meters.screen', 'screen', isMeter, METER],
  ['meters.track', {}, (value) => isObject(value) && Object.values(value as object).every(isMeter), `${OBJECT}: for each event name ${METER}`],
  ['meters.only', undefined, isNames, NAMES],
  ['dimensions', {}, isObject, OBJECT],
  ['dimensions.allow', undefined, isNames, NAMES],
  ['dimensions.deny', undefined, isNames, NAMES],
  ['consentCategories', [], isNames, NAMES],
  ['subscriptions', [], (value) => Array.isArray(value) && value.every(isObject), "a list of Segment's action subscriptions"],
  ['batch', {}, isObject, OBJECT],
  ['batch.maxRecords', MAX_BATCH_RECORDS, isWhole(1, MAX_BODY_RECORDS), upTo(MAX_BODY_RECORDS)],
  ['batch.maxBytes', MAX_BATCH_BYTES, isWhole(1, MAX_BODY_BYTES), upTo(MAX_BODY_BYTES)],
  ['batch.maxDelayMs', 1000, isWhole(0, 60_000), upTo(60_000)],
  ['onReceipt', undefined, isFunction, 'a function'],
  ['debug', false, isOneOf(true, false), 'true or false'],
]

type Defaulted = 'customerId' | 'anonymousUsage' | 'meters' | 'dimensions' | 'consentCategories' | 'subscriptions' | 'batch'

/** The settings with every default filled in. */
export type Settings = AmberfloSettings & Required<Pick<AmberfloSettings, Defaulted>> & { batch: Required<NonNullable<AmberfloSettings['batch']>> }

const show = (value: unknown): string => {
  try {
    return `${JSON.stringify(value) ?? String(value)}`.slice(0, 80)
  } catch {
    return typeof value
  }
}

const fail = (name: string, given: string, expected: string): never => {
  throw new TypeError(`Amberflo: the setting ${name} is ${given}, expected ${expected}`)
}

/**
 * Checks what was given and fills in the defaults.
 *
 * @param warn is told once of all settings that do not exist.
 * @throws TypeError that names the setting, what was given and what is expected; the value of what looks like a key is never repeated.
 */
export const readSettings = (given: AmberfloSettings, warn: (message: string) => void): Settings => {
  type Bag = Record<string, unknown>
  const settings: Record<string, Bag> = {}
  const names: string[] = Object.keys((given ??= {} as AmberfloSettings))
  for (const name of names) {
    if (/^(x[-_]?)?api[-_]?key$/i.test(name)) fail(name, 'given', 'nowhere in a page, where all can read it: it belongs in the collector')
  }
  for (const [name, fallback, check, expected] of table) {
    const [top, sub] = name.split('.') as [string, string?]
    const outer = (given as unknown as Bag)[top]
    const raw = sub ? (outer as Bag | undefined)?.[sub] : outer
    const value = raw === undefined ? fallback : raw
    if ((value !== undefined || name === 'collectorUrl') && !check(value)) fail(name, show(value), expected)
    if (sub) settings[top]![sub] = value
    else {
      settings[top] = (isObject(value) ? { ...(value as object) } : value) as Bag
      if (isObject(outer)) names.push(...Object.keys(outer as object).map((key) => `${top}.${key}`))
    }
  }
  if (/(^|\.)amberflo\.io$/.test(parseUrl(given.collectorUrl)!.hostname)) {
    fail('collectorUrl', show(given.collectorUrl), 'your own collector, because the API key belongs there and not in a page')
  }
  const unknown = names.filter((name) => !table.some(([known]) => known === name))
  if (unknown.length) warn(`unknown settings: ${unknown}`)
  return settings as unknown as Settings
}
