import type { Reply } from '../attempt.js'
import { createCourier, type CourierOptions } from '../courier.js'
import { utf8Length, type Entry, type Fate } from '../item.js'

/** What the courier did with a batch. */
export interface Attempt {
  via: 'beacon' | 'fetch'
  batchId: string
  body: string
  /** Answers a `fetch`; what hangs on it has happened when this resolves. */
  answer(reply: Partial<Reply>): Promise<void>
}

/** An entry as the outbox would hand it over; `json` is its id unless given. */
export const entry = (id: string, given: Partial<Entry> = {}): Entry => {
  const json = given.json ?? JSON.stringify({ uniqueId: id })
  return { id, kind: 'records', key: 'ann', proof: 'T', at: Date.now(), json, size: utf8Length(json), ...given }
}

export const entries = (count: number, given: Partial<Entry> = {}, prefix = 'r'): Entry[] =>
  Array.from({ length: count }, (_, index) => entry(prefix + index, given))

export const taken = (rejected: { id: string; reason: string }[] = []): Partial<Reply> => ({
  status: 200,
  rejected,
})

/** The ids in a body, in their order. */
export const idsIn = (body: string): string[] => {
  const { customers = [], records = [] } = JSON.parse(body) as Record<string, { uniqueId: string }[]>
  return [...customers, ...records].map(({ uniqueId }) => uniqueId)
}

/** A courier without a browser: every way out of it is recorded, every way in is the test's. */
export function createBench(given: Partial<CourierOptions> = {}) {
  /** By key: the token that came last. */
  const proofs: Record<string, string> = {}
  const attempts: Attempt[] = []
  const fates: Fate[] = []
  const forgotten: Entry[] = []
  const retried: string[][] = []
  const warnings: string[] = []
  const renewals: string[] = []
  const page = { visible: true, takesBeacons: true }
  let ids = 0

  const { wake, ...others } = createCourier({
    limits: { maxRecords: 100, maxBytes: 48 * 1024, maxDelayMs: 1_000 },
    receipts: true,
    visible: () => page.visible,
    newId: () => `b${ids++}`,
    send(batchId, body) {
      if (page.takesBeacons) attempts.push({ via: 'beacon', batchId, body, answer: () => Promise.reject(new Error('a beacon has no answer')) })
      return page.takesBeacons
    },
    post: (batchId, body) =>
      new Promise((resolve) => {
        attempts.push({
          via: 'fetch',
          batchId,
          body,
          answer: (reply) => {
            resolve({ status: 0, retryAfter: 0, rejected: [], ...reply })
            return turn()
          },
        })
      }),
    proofOf(key, refused) {
      if (refused) renewals.push(key)
      return proofs[key] === refused ? undefined : proofs[key]
    },
    onFate: (fate) => fates.push(fate),
    onRetry: (uniqueIds) => retried.push(uniqueIds),
    log: (level, message) => level === 'warn' && warnings.push(message),
    forget: (items) => void forgotten.push(...items),
    ...given,
  })

  return {
    courier: {
      ...others,
      wake(key: string, proof?: string) {
        if (proof) proofs[key] = proof
        wake(key)
      },
    },
    attempts,
    fates,
    forgotten,
    retried,
    warnings,
    renewals,
    page,
    last: () => attempts[attempts.length - 1]!,
    /** Attempts as text: `beacon r0,r1`. */
    ways: () => attempts.map(({ via, body }) => `${via} ${idsIn(body).join()}`),
    /** Fates as text: `r0 accepted`, `r1 dropped overflow`. */
    ends: () => fates.flatMap(({ uniqueIds, outcome, reason }) => uniqueIds.map((id) => [id, outcome, reason].filter(Boolean).join(' '))),
  }
}

export type Bench = ReturnType<typeof createBench>

/** A bench that has found out that receipts do not work here. */
export const createBlindBench = async (): Promise<Bench> => {
  const bench = createBench({ receipts: false })
  const { courier, attempts, fates, last } = bench
  for (const id of ['first', 'second']) {
    courier.add([entry(id)])
    courier.hurry()
    await jest.advanceTimersByTimeAsync(1)
    await last().answer(taken())
  }
  attempts.length = fates.length = 0
  return bench
}

/** A bench whose first batch, of `count` records, is on its way by fetch. */
export const fetching = (count = 2): Bench => {
  const bench = createBench()
  bench.courier.add(entries(count))
  bench.courier.hurry()
  bench.courier.receipt(bench.last().batchId, false)
  return bench
}

/** Lets everything happen that waits for nothing but promises. */
export const turn = async (): Promise<void> => {
  for (let step = 0; step < 10; step++) await Promise.resolve()
}
