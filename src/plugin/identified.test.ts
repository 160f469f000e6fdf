import { createIdentified } from './identified.js'

// Each test takes what a customer is as the id of its event too.
const DAY = 24 * 3600 * 1000
beforeEach(() => {
  localStorage.clear()
  jest.useFakeTimers({ now: 1_700_000_000_000 })
})
afterEach(() => {
  jest.useRealTimers()
})

/** A page on which `json` has been identified, and accepted. */
const withAccepted = (json: string) => {
  const identified = createIdentified('/usage')
  expect(identified.knows(json, json)).toBe(false)
  identified.accept(json)
  return identified
}

it('knows exactly the last one, on this and later pages', () => {
  const here = withAccepted('{"a":1}')
  expect(here.knows('{"a":1}', '{"a":1}')).toBe(true)
  const later = createIdentified('/usage')
  expect(later.knows('{"a":1}', '{"a":1}')).toBe(true)
  expect(later.knows('{"a":2}', '{"a":2}')).toBe(false)
  later.accept('{"a":2}')
  expect(here.knows('{"a":2}', '{"a":2}')).toBe(true)
  expect(localStorage).toHaveLength(1)
})

it('takes the fate of the newest alone, not of an equal one before', () => {
  const identified = createIdentified('/usage')
  identified.knows('{"a":1}', 'm1')
  identified.knows('{"a":1}', 'm2')
  identified.accept('m1')
  expect(identified.knows('{"a":1}', 'm3')).toBe(false)
  identified.accept('m3')
  expect(identified.knows('{"a":1}', 'm4')).toBe(true)
})

it('of one collector is not known to another', () => {
  withAccepted('{"a":1}')
  expect(createIdentified('/other').knows('{"a":1}', '{"a":1}')).toBe(false)
})

it('forgets what another one follows, accepted or not', () => {
  const identified = withAccepted('{"a":1}')
  expect(identified.knows('{"a":2}', '{"a":2}')).toBe(false)
  expect(identified.knows('{"a":1}', '{"a":1}')).toBe(false)
  identified.accept('{"a":2}')
  expect(identified.knows('{"a":1}', '{"a":1}')).toBe(false)
  identified.accept('{"a":1}')
  expect(identified.knows('{"a":1}', '{"a":1}')).toBe(true)
})

it('forgets after a day', () => {
  const identified = withAccepted('{}')
  jest.setSystemTime(Date.now() + DAY - 1)
  expect(identified.knows('{}', '{}')).toBe(true)
  jest.setSystemTime(Date.now() + 1)
  expect(identified.knows('{}', '{}')).toBe(false)
})

it('takes a time in the future for a clock that was set back', () => {
  const identified = withAccepted('{}')
  jest.setSystemTime(Date.now() - 3600_000)
  expect(identified.knows('{}', '{}')).toBe(false)
})

it('does without storage', () => {
  const property = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')!
  Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('blocked') }, configurable: true })
  const identified = createIdentified('/usage')
  expect(identified.knows('{}', '{}')).toBe(false)
  identified.accept('{}')
  expect(identified.knows('{}', '{}')).toBe(true)
  Object.defineProperty(globalThis, 'localStorage', property)
})

it('is not confused by what others wrote', () => {
  localStorage.setItem('identified /usage', 'null')
  expect(createIdentified('/usage').knows('{}', '{}')).toBe(false)
})
