import { setTimeout as sleep } from 'node:timers/promises'

export interface SentRecord {
  uniqueId: string
  customerId: string
  meterApiName: string
  meterValue: number
  meterTimeInMillis: number
  dimensions: Record<string, string>
}

/** What the visitors were told, and how often. */
export interface Told {
  /** Every record that was answered with 200. */
  accepted: Map<string, SentRecord>
  /** Each customer's newest step that was answered with 200. */
  steps: Map<string, number>
  /** Bodies sent, those sent again included. */
  bodies: number
  /** Bodies that had no answer or another than 200. */
  failed: number
  duplicates: number
  /** Answers that a good batch never gets. */
  wrong: string[]
}

export interface VisitorsOptions {
  /** Where to send the next body. */
  url: () => string
  count: number
  /** How long a visitor does nothing between two batches, in milliseconds. */
  restMs?: number
}

/**
 * Browsers that meter without a break and, as the plugin does, send a batch again until it is answered with 200.
 * Every third has a clock that is hours wrong, which a resend must not stamp anew.
 */
export function startVisitors({ url, count, restMs = 5 }: VisitorsOptions) {
  const told: Told = { accepted: new Map(), steps: new Map(), bodies: 0, failed: 0, duplicates: 0, wrong: [] }
  let going = true

  async function deliver(body: () => string, items: number): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      told.bodies += 1
      const answer = await post(`${url()}/usage?b=1`, body())
      if (answer?.status === 200) {
        const { accepted, duplicates, rejected } = JSON.parse(answer.text) as { accepted: number; duplicates: number; rejected: unknown[] }
        if (accepted + duplicates !== items || rejected.length > 0) told.wrong.push(answer.text)
        told.duplicates += duplicates
        return
      }
      told.failed += 1
      if (answer && answer.status < 500 && answer.status !== 429) told.wrong.push(`${answer.status} ${answer.text}`)
      await sleep(10 + Math.random() * Math.min(300, 20 * 2 ** attempt))
    }
  }

  async function visit(index: number) {
    const customerId = `customer-${index}`
    const clockError = index % 3 === 0 ? (index - count / 2) * 3_600_000 : 0
    const clock = () => Date.now() + clockError
    for (let step = 1; going; step++) {
      const records = Array.from({ length: 1 + ((index + step) % 8) }, (_, at) => makeRecord(customerId, `${index}-${step}-${at}`, clock()))
      const customers = step % 4 === 1 ? [{ customerId, customerName: `Customer ${index}`, traits: { step, [`slot${step % 3}`]: step } }] : []
      await deliver(() => JSON.stringify({ v: 1, batch: '1', sentAt: clock(), customers, records }), records.length + customers.length)
      for (const record of records) told.accepted.set(record.uniqueId, record)
      if (customers.length > 0) told.steps.set(customerId, step)
      await sleep(Math.random() * 2 * restMs)
    }
  }

  const visits = Array.from({ length: count }, (_, index) => visit(index))
  return {
    told,
    /** Resolves when every batch that was begun is answered with 200. */
    async stop() {
      going = false
      await Promise.all(visits)
      return told
    },
  }
}

const makeRecord = (customerId: string, id: string, time: number): SentRecord => ({
  uniqueId: `u-${id}`,
  customerId,
  meterApiName: 'page',
  meterValue: 1,
  meterTimeInMillis: time,
  dimensions: { title: 'Märkte – 市场', path: `_p_${id}` },
})

/** `null` when there was no answer. */
async function post(url: string, body: string): Promise<{ status: number; text: string } | null> {
  try {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/plain;charset=UTF-8' }, signal: AbortSignal.timeout(30_000) })
    return { status: response.status, text: await response.text() }
  } catch {
    return null
  }
}
