import type { Store } from './storage.js'
import { openLocks } from './tabs.js'
import { turn } from './testing/courier.js'

const MINUTE_MS = 60_000

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  localStorage.clear()
})

/** A page without Web Locks. */
const open = (store: Store = localStorage) => {
  const locks = openLocks(store)
  let leave = () => {}
  const left = new Promise<void>((resolve) => (leave = resolve))
  return {
    /** Whether the page gets hold of what the owner left. */
    claims(owner: string) {
      const mine = jest.fn(() => left)
      void locks.request(owner, { ifAvailable: true }, mine)
      return mine.mock.calls.length === 1
    },
    async leave() {
      leave()
      await turn()
    },
  }
}

it('are Web Locks where there are some', () => {
  const locks = {}
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  expect(openLocks({})).toBe(locks)
  Reflect.deleteProperty(navigator, 'locks')
})

describe('a lease, where there are no locks', () => {
  it('only one page has, once', () => {
    const [one, two] = [open(), open()]
    expect([one.claims('p'), two.claims('p'), one.claims('p')]).toEqual([true, false, false])
  })

  it('lasts while the page lives, and runs out after it crashed', () => {
    const [one, two] = [open(), open()]
    one.claims('p')
    for (let minute = 0; minute < 10; minute++) {
      jest.advanceTimersByTime(MINUTE_MS)
      expect(two.claims('p')).toBe(false)
    }
    jest.clearAllTimers()
    jest.setSystemTime(Date.now() + 3 * MINUTE_MS)
    expect(two.claims('p')).toBe(true)
  })

  it('ends when the page leaves', async () => {
    const [one, two] = [open(), open()]
    one.claims('p')
    await one.leave()
    expect([localStorage.length, jest.getTimerCount()]).toEqual([0, 0])
    expect(two.claims('p')).toBe(true)
  })

  it('does not lock leftovers up for longer after the clock was set back', () => {
    const [one, two] = [open(), open()]
    one.claims('p')
    jest.setSystemTime(Date.now() - 60 * MINUTE_MS)
    expect(two.claims('p')).toBe(true)
  })

  it('that is unreadable is none', () => {
    localStorage.setItem('tab p', 'soon')
    expect(open().claims('p')).toBe(true)
  })

  it('is granted in a full storage, if not kept', () => {
    const one = open(Object.freeze<Store>({}))
    expect([one.claims('p'), jest.getTimerCount()]).toEqual([true, 0])
  })
})
