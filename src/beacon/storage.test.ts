import { openStore, setEntry, type Store } from './storage.js'

const property = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')!
const withLocalStorage = (get: () => unknown) => Object.defineProperty(globalThis, 'localStorage', { get, configurable: true })

afterEach(() => {
  Object.defineProperty(globalThis, 'localStorage', property)
  localStorage.clear()
})

it('is the origin’s own', () => {
  const store = openStore()
  setEntry(store, 'a', '1')
  expect([localStorage.getItem('a'), openStore()['a']]).toEqual(['1', '1'])
  setEntry(store, 'a')
  expect([localStorage.length, store['a']]).toEqual([0, undefined])
})

it.each([
  ['throws', () => { throw new DOMException('blocked', 'SecurityError') }],
  ['is null', () => null],
])('is memory where the property %s', (_, get) => {
  withLocalStorage(get)
  const store = openStore()
  setEntry(store, 'a', '1')
  expect(store['a']).toBe('1')
})

it('keeps what it had when it is full', () => {
  const full = Object.freeze<Store>({ a: '1' })
  setEntry(full, 'a', '2')
  expect(full['a']).toBe('1')
})
