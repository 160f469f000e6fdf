import { createTabs } from './tabs.js'
import type { Store } from './storage.js'
import { turn } from './testing/courier.js'
import { fakeLocks } from './testing/locks.js'

const MINUTE_MS = 60_000

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  localStorage.clear()
})

/** Whether the page gets hold of what the owner left. */
const claims = async (tabs: ReturnType<typeof createTabs>, owner: string) => {
  const mine = jest.fn()
  tabs.claim(owner, mine)
  await turn()
  return mine.mock.calls.length === 1
}

describe('by Web Locks', () => {
  const open = () => {
    const locks = fakeLocks()
    const pages = [locks.page(), locks.page()] as const
    return { locks, pages, tabs: pages.map((page) => createTabs('outbox', page, {})) as [ReturnType<typeof createTabs>, ReturnType<typeof createTabs>] }
  }

  it('only one page claims an owner, once', async () => {
    const { tabs: [one, two] } = open()
    expect([await claims(one, 'p'), await claims(two, 'p'), await claims(one, 'p')]).toEqual([true, false, false])
  })

  it('is free again when the page leaves, and the page can claim anew', async () => {
    const { locks, tabs: [one, two] } = open()
    await claims(one, 'p')
    one.leave()
    await turn()
    expect(locks.held.size).toBe(0)
    expect(await claims(two, 'p')).toBe(true)
    expect(await claims(one, 'q')).toBe(true)
  })

  it('is free again when the page crashes', async () => {
    const { pages, tabs: [one, two] } = open()
    await claims(one, 'p')
    pages[0].crash()
    await turn()
    expect(await claims(two, 'p')).toBe(true)
  })

  it('is not kept by a page that left before it was granted', async () => {
    const { locks, tabs: [one, two] } = open()
    one.claim('p', () => {})
    one.leave()
    await turn()
    expect(locks.held.size).toBe(0)
    expect(await claims(two, 'p')).toBe(true)
  })

  it('claims nothing where locks are refused', async () => {
    const refused = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) } as unknown as LockManager
    expect(await claims(createTabs('outbox', refused, localStorage), 'p')).toBe(false)
  })
})

describe('by a lease, where there are no locks', () => {
  const open = () => createTabs('outbox', undefined, localStorage)

  it('only one page claims an owner, once', async () => {
    const [one, two] = [open(), open()]
    expect([await claims(one, 'p'), await claims(two, 'p'), await claims(one, 'p')]).toEqual([true, false, false])
  })

  it('lasts while the page beats, and runs out after it crashed', async () => {
    const [one, two] = [open(), open()]
    await claims(one, 'p')
    for (let minute = 0; minute < 10; minute++) {
      jest.advanceTimersByTime(MINUTE_MS)
      one.beat()
      expect(await claims(two, 'p')).toBe(false)
    }
    jest.advanceTimersByTime(3 * MINUTE_MS)
    expect(await claims(two, 'p')).toBe(true)
  })

  it('ends when the page leaves', async () => {
    const [one, two] = [open(), open()]
    await claims(one, 'p')
    one.leave()
    expect(localStorage.length).toBe(0)
    expect(await claims(two, 'p')).toBe(true)
  })

  it('does not lock leftovers up for longer after the clock was set back', async () => {
    const [one, two] = [open(), open()]
    await claims(one, 'p')
    jest.setSystemTime(Date.now() - 60 * MINUTE_MS)
    expect(await claims(two, 'p')).toBe(true)
  })

  it('takes an unreadable lease for none', async () => {
    localStorage.setItem('outbox tab p', 'soon')
    expect(await claims(open(), 'p')).toBe(true)
  })

  it('works in a full storage, if without a lease', async () => {
    const full = Object.freeze<Store>({})
    const tabs = createTabs('outbox', undefined, full)
    expect(await claims(tabs, 'p')).toBe(true)
    expect(() => tabs.beat()).not.toThrow()
  })
})
