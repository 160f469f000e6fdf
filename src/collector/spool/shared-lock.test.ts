import { createSharedLock } from './shared-lock.js'
import type { SharedLocks } from './shared-lock.js'

const locks = (over: Partial<SharedLocks> = {}): SharedLocks => ({ take: async () => true, extend: async () => undefined, release: async () => undefined, ...over })

afterEach(() => {
  jest.useRealTimers()
})

it('is extended while the work lasts, however that goes, and no longer', async () => {
  jest.useFakeTimers()
  const extend = jest.fn(() => Promise.reject(new Error('not now')))
  const lock = createSharedLock(locks({ extend }), { ttlMs: 3_000 })
  let end = () => {}
  const working = lock('acme', () => new Promise<void>((resolve) => (end = resolve)))
  await jest.advanceTimersByTimeAsync(9_500)
  expect(extend).toHaveBeenCalledTimes(9)
  end()
  await working
  await jest.advanceTimersByTimeAsync(9_500)
  expect(extend).toHaveBeenCalledTimes(9)
})

it('is asked for again and again while somebody else has it, and given up in the end', async () => {
  jest.useFakeTimers()
  const take = jest.fn(async () => false)
  const working = createSharedLock(locks({ take }), { waitMs: 1_000 })('acme', async () => 'done').catch((error: Error) => error.message)
  await jest.advanceTimersByTimeAsync(2_000)
  expect(await working).toBe('another collector holds this customer')
  expect(take.mock.calls.length).toBeGreaterThan(9)
})
