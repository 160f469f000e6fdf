import { createLock } from '../lock.js'
import type { Lock } from '../lock.js'

/** One lock per key, shared by processes: each step is atomic, and what a dead holder had is free after `ttlMs`. */
export interface SharedLocks {
  /** Whether the lock is the holder's now. */
  take(key: string, holder: string, ttlMs: number): Promise<boolean>
  /** Only while it is still the holder's. */
  extend(key: string, holder: string, ttlMs: number): Promise<unknown>
  release(key: string, holder: string): Promise<unknown>
}

export interface LockOptions {
  ttlMs?: number
  /** How long one waits for its turn before giving up. */
  waitMs?: number
}

/** The turns of one process are kept in memory; only the one whose turn it is asks the others. */
export function createSharedLock(locks: SharedLocks, { ttlMs = 10_000, waitMs = 15_000 }: LockOptions = {}): Lock {
  const holder = crypto.randomUUID()
  const mine = createLock()

  async function takeTurn(key: string) {
    const giveUpAt = performance.now() + waitMs
    while (!(await locks.take(key, holder, ttlMs))) {
      if (performance.now() > giveUpAt) throw new Error('another collector holds this customer')
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80))
    }
  }

  return (key, work) =>
    mine(key, async () => {
      await takeTurn(key)
      const renewal = setInterval(() => void locks.extend(key, holder, ttlMs).catch(() => undefined), ttlMs / 3)
      try {
        return await work()
      } finally {
        clearInterval(renewal)
        // What cannot be released now ends by itself.
        await locks.release(key, holder).catch(() => undefined)
      }
    })
}
