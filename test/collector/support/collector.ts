import { createCollector } from '../../../src/collector/index.js'
import type { CollectorEvent, CollectorOptions } from '../../../src/collector/index.js'
import { createSandbox } from '../../../src/sandbox/index.js'
import type { MeterRecord } from '../../../src/wire/payloads.js'

export const origin = 'https://www.example.com'
export const secret = 'a secret of at least thirty-two bytes'
export const apiKey = 'canary-2b7e151628aed2a6'

let count = 0

/** A good record that no test has sent before. */
export const record = (change: Partial<MeterRecord> = {}): MeterRecord => ({
  uniqueId: `u${++count}`,
  customerId: 'ada',
  meterApiName: 'page',
  meterValue: 1,
  meterTimeInMillis: Date.now(),
  ...change,
})

export const envelope = (fields: Record<string, unknown>) => JSON.stringify({ v: 1, batch: 'b1', sentAt: Date.now(), ...fields })

/** A collector in front of a sandbox, both in this process; what happens inside is in `events`. */
export function collect(options: Partial<CollectorOptions> = {}) {
  const sandbox = createSandbox({ apiKey })
  const events: CollectorEvent[] = []
  let upstreamRequests = 0
  const inside = async (path: string, init?: RequestInit) => sandbox.fetch(new Request(`https://amberflo.test/sandbox/${path}`, init))
  const collector = createCollector({
    apiKey,
    amberfloUrl: 'https://amberflo.test',
    origins: [origin],
    limits: false,
    fetch: (input, init) => {
      upstreamRequests++
      return unlessAborted(sandbox.fetch(new Request(input as string, init)), init?.signal)
    },
    observe: (event) => events.push(event),
    ...options,
  })
  return {
    collector,
    events,
    /** Resolves when so many requests to Amberflo have begun. */
    async untilUpstream(count: number) {
      while (upstreamRequests < count) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    alarms: () => events.flatMap((event) => (event.type === 'alarm' ? [event.alarm] : [])),
    post: (body: string, headers: Record<string, string> = { origin }) =>
      collector.fetch(new Request('https://usage.example.com/in?b=b1', { method: 'POST', body, headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers } })),
    records: async () => (await (await inside('records')).json()) as MeterRecord[],
    customers: async () => (await (await inside('customers')).json()) as Record<string, unknown>[],
    fault: (fault: object) => inside('faults', { method: 'POST', body: JSON.stringify(fault) }),
  }
}

/** As a network would: an aborted request has no answer. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal | null | undefined) =>
  Promise.race([work, new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))])
