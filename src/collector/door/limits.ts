import { createMemory } from '../memory.js'
import { recordName } from '../record-name.js'

/** A token bucket's size and how fast it fills. */
export interface Rate {
  burst: number
  perSecond: number
}

/** Takes `cost` from the bucket of a key: 0, or the milliseconds to wait before it would do. */
export type Bucket = (key: string, cost: number) => number

/** How many keys are remembered; the one that was used longest ago starts afresh with a full bucket. */
const MAX_KEYS = 50_000

export function createBucket({ burst, perSecond }: Rate, now: () => number): Bucket {
  // A bucket nobody took from for this long is full again, and need not be remembered.
  const ttlMs = Math.ceil((burst / perSecond) * 1000) + 1000
  const buckets = createMemory<{ left: number; at: number }>({ max: MAX_KEYS, ttlMs, now })

  return (key, cost) => {
    const time = now()
    const bucket = buckets.get(key) ?? { left: burst, at: time }
    const left = Math.min(burst, bucket.left + (Math.max(0, time - bucket.at) / 1000) * perSecond)
    // What could never be had at once is paid with all there is.
    const price = Math.min(cost, burst)
    if (left < price) return Math.ceil(((price - left) / perSecond) * 1000)
    buckets.set(key, { left: left - price, at: time })
    return 0
  }
}

/** Whether a customer's record still fits under the day's cap; counts it if so. */
export type DailyCap = (customerId: string, uniqueId: string, value: number) => boolean

/** How many customers and records of a day are remembered: the records so that one that is sent again is not counted twice. */
const MAX_COUNTED = 200_000

/** Caps what is metered for one customer in one UTC day, by the collector's clock. Values below zero count for nothing. */
export function createDailyCap(maxPerDay: number, now: () => number): DailyCap {
  const dayMs = 24 * 60 * 60 * 1000
  const empty = <V>() => createMemory<V>({ max: MAX_COUNTED, ttlMs: dayMs, now })
  let day = -1
  let totals = empty<number>()
  let counted = empty<true>()

  return (customerId, uniqueId, value) => {
    const today = Math.floor(now() / dayMs)
    if (today !== day) {
      day = today
      totals = empty()
      counted = empty()
    }
    const key = recordName(customerId, uniqueId)
    if (counted.get(key)) return true
    const total = (totals.get(customerId) ?? 0) + Math.max(0, value)
    if (total > maxPerDay) return false
    totals.set(customerId, total)
    counted.set(key, true)
    return true
  }
}

/** An address to count by: IPv6 by its /64, because a single home or host has all of one. Some proxies add a port, which says nothing. */
export function addressKey(address: string): string {
  const ip = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  if (!ip.includes(':')) return ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)
  if (mapped) return mapped[1] as string
  const [head = '', tail] = ip.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length
    while (groups.length < 8 - after) groups.push('0')
  }
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')
}
