import { createCollector } from './collector.js'
import type { CollectorEvent } from './events.js'
import type { CollectorOptions } from './options.js'
import type { Spool } from './spool/spool.js'

const origin = 'https://www.example.com'
let made = 0
const record = (change: object = {}) => ({ uniqueId: `u${++made}`, customerId: 'ada', meterApiName: 'page', meterValue: 1, meterTimeInMillis: Date.now(), ...change })

function open(options: Partial<CollectorOptions> = {}) {
  const events: CollectorEvent[] = []
  const collector = createCollector({
    apiKey: 'key',
    origins: [origin],
    trustClient: true,
    fetch: async () => new Response('1 record was ingested'),
    observe: (event) => events.push(event),
    ...options,
  })
  const post = (fields: object) => collector.fetch(new Request('https://usage.example.com/', { method: 'POST', headers: { origin }, body: JSON.stringify({ v: 1, ...fields }) }))
  return { events, post, close: collector.close }
}

/** A spool that keeps an append until it is told to settle it. */
function slowSpool() {
  const log: string[] = []
  let settle = () => {}
  const spool = {
    leaseMs: 1_000,
    append: () =>
      new Promise((resolve) => {
        log.push('append')
        settle = () => {
          log.push('appended')
          resolve({ duplicates: 0 })
        }
      }),
    hurry: () => log.push('hurry'),
    lease: async () => [],
    close: async () => void log.push('closed'),
  } as unknown as Spool
  return { spool, log, settle: () => settle() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what happens is told', async () => {
  const { events, post } = open()
  await post({ records: [record(), record({ meterValue: -1 }), record({ meterValue: -2 })] })
  await post({ v: 2 })
  expect(events.filter(({ type }) => type !== 'upstream')).toEqual([
    { type: 'taken', accepted: 1, duplicates: 0 },
    { type: 'rejected', reason: 'negative_value', count: 2 },
    { type: 'refused', status: 400, error: 'unsupported_version' },
  ])
})

test('an identify counts against its customer’s rate, as a record does', async () => {
  const { post } = open({ authenticate: () => ({ customerId: 'ada' }), limits: { perCustomer: { burst: 2, perSecond: 0.01 } }, customers: false })
  expect((await post({ records: [record()], customers: [{ customerId: 'ada' }] })).status).toBe(200)
  expect((await post({ records: [record()] })).status).toBe(429)
})

test('where there is no room for more, what waits for company goes', async () => {
  const { spool, log, settle } = slowSpool()
  const { post, close } = open({ spool, limits: { inHand: 1 } })
  const inHand = post({ records: [record()] })
  await turn()
  expect((await post({ records: [record()] })).status).toBe(503)
  expect(log).toEqual(['append', 'hurry'])
  settle()
  expect((await inHand).status).toBe(200)
  await close()
})

test('the spool is closed when what is in hand is in it', async () => {
  const { spool, log, settle } = slowSpool()
  const { post, close } = open({ spool })
  const inHand = post({ records: [record()] })
  await turn()
  const closed = close()
  await turn()
  settle()
  await closed
  expect([log, (await inHand).status]).toEqual([['append', 'appended', 'closed'], 200])
})
