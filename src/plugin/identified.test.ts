import { createIdentified } from './identified.js'

const DAY = 24 * 3600 * 1000
beforeEach(() => {
  localStorage.clear()
  jest.useFakeTimers({ now: 1_700_000_000_000 })
})
afterEach(() => {
  jest.useRealTimers()
})

it('knows exactly the last one, on this and later pages', () => {
  const here = createIdentified('/usage')
  expect(here.has('{"a":1}')).toBe(false)
  here.add('{"a":1}')
  for (const page of [here, createIdentified('/usage')]) {
    expect(page.has('{"a":1}')).toBe(true)
    expect(page.has('{"a":2}')).toBe(false)
  }
  expect(createIdentified('/other').has('{"a":1}')).toBe(false)
  here.add('{"a":2}')
  expect(here.has('{"a":1}')).toBe(false)
  expect(localStorage).toHaveLength(1)
})

it('forgets after a day', () => {
  const identified = createIdentified('/usage')
  identified.add('{}')
  jest.setSystemTime(Date.now() + DAY - 1)
  expect(identified.has('{}')).toBe(true)
  jest.setSystemTime(Date.now() + 1)
  expect(identified.has('{}')).toBe(false)
})

it('takes a time in the future for a clock that was set back', () => {
  const identified = createIdentified('/usage')
  identified.add('{}')
  jest.setSystemTime(Date.now() - 3600_000)
  expect(identified.has('{}')).toBe(false)
})

it('does without storage', () => {
  const property = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')!
  Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('blocked') }, configurable: true })
  const identified = createIdentified('/usage')
  expect(identified.has('{}')).toBe(false)
  identified.add('{}')
  expect(identified.has('{}')).toBe(true)
  Object.defineProperty(globalThis, 'localStorage', property)
})

it('is not confused by what others wrote', () => {
  localStorage.setItem('amberflo:identified', 'null')
  expect(createIdentified('/usage').has('{}')).toBe(false)
})
