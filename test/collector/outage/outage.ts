import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveSandbox } from '../../../src/sandbox/index.js'
import type { Fault } from '../../../src/sandbox/index.js'
import { openDatabase } from '../../../src/collector/spool/driver.js'
import { startUpstream } from '../../../src/collector/testing/upstream.js'
import { openGateway } from '../support/gateway.js'
import { startCollector } from '../support/program.js'
import { judge } from '../support/verdict.js'
import type { Verdict } from '../support/verdict.js'
import { startVisitors } from '../support/visitors.js'

/** What is wrong with Amberflo, and for how long. */
export interface Outage {
  name: string
  seconds: number
  /** `shut`: nothing listens. Otherwise the sandbox's faults, asked for again and again; `elsewhere` is where a redirect would lead. */
  what: 'shut' | ((elsewhere: string) => Fault[])
}

const many = 1_000

export const outages = (seconds: { down: number; other: number }): Outage[] => [
  { name: 'down', seconds: seconds.down, what: 'shut' },
  { name: 'slow: an answer takes longer than is waited', seconds: seconds.other, what: () => [{ delayMs: 1_500, count: many }] },
  { name: 'resetting connections', seconds: seconds.other, what: () => [{ reset: true, count: many }] },
  { name: '429 in bursts, with Retry-After', seconds: seconds.other, what: () => [{ status: 429, headers: { 'retry-after': '1' }, count: 5 }] },
  { name: 'redirecting', seconds: seconds.other, what: (elsewhere) => [{ status: 307, headers: { location: `${elsewhere}/ingest` }, count: many }] },
  { name: 'accepting, then cutting the answer', seconds: seconds.other, what: () => [{ cut: true, count: many }] },
]

export interface OutageResult extends Verdict {
  bodies: number
  failed: number
  arrived: number
  /** Accepted records and customers that the spool still held when nobody waited any longer: neither arrived nor lost. */
  waiting: string[]
  /** Requests that followed a redirect; each would have carried the key away. */
  strayed: number
  exit: number | null
}

const apiKey = 'outage-test-key'

/** Lets Amberflo go through its outages while visitors meter through a collector with a spool, or without; then judges. */
export async function runOutages(spool: 'sqlite' | 'none', series: readonly Outage[], log: (line: string) => void = () => undefined): Promise<OutageResult> {
  const directory = await mkdtemp(join(tmpdir(), 'outage-'))
  const file = join(directory, 'spool.db')
  const sandbox = await serveSandbox({ apiKey })
  const gateway = await openGateway(sandbox.url)
  const elsewhere = await startUpstream()
  const collector = await startCollector({
    AMBERFLO_API_KEY: apiKey,
    AMBERFLO_URL: gateway.url,
    COLLECTOR_UPSTREAM_TIMEOUT_MS: '1000',
    COLLECTOR_RATE_PER_CUSTOMER: 'off',
    COLLECTOR_RATE_PER_IP: 'off',
    COLLECTOR_LOG_LEVEL: 'silent',
    ...(spool === 'sqlite' ? { COLLECTOR_SPOOL: `sqlite:${file}` } : {}),
  })
  const setFaults = (faults: Fault[]) => fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify(faults) })
  /** Requests to the API, and records in those that were taken. */
  const stats = async () => {
    const { requests, received } = (await (await fetch(`${sandbox.url}/sandbox/stats`)).json()) as { requests: Record<string, number>; received: number }
    return { requests: Object.values(requests).reduce((sum, count) => sum + count, 0), received }
  }
  /** Resolves when usage arrives again, so that the next outage meets a collector that does not hold back. */
  const healthy = async () => {
    // What is still taken late is no sign.
    await sleep(2_000)
    const before = (await stats()).received
    for (const giveUpAt = Date.now() + 120_000; (await stats()).received === before; await sleep(100)) {
      if (Date.now() > giveUpAt) throw new Error('nothing arrives any more')
    }
    await sleep(1_500)
  }
  const visitors = startVisitors({ url: () => collector.url, count: 12, restMs: 40 })
  const { told } = visitors
  try {
    for (const { name, seconds, what } of series) {
      const before = told.accepted.size
      const { requests } = await stats()
      if (what === 'shut') {
        await gateway.shut()
        await sleep(seconds * 1000)
        await gateway.open()
      } else {
        for (const endAt = Date.now() + seconds * 1000; Date.now() < endAt; await sleep(Math.min(2_000, endAt - Date.now()))) await setFaults(what(elsewhere.url))
        await setFaults([])
      }
      const met = what === 'shut' ? 'nothing listens' : `${(await stats()).requests - requests} requests met it`
      log(`${name}: ${seconds} s, ${met}, ${told.accepted.size - before} records accepted meanwhile`)
      await healthy()
    }
    await visitors.stop()
    const isEmpty = await emptied(collector.url)
    const verdict = await judge(sandbox.url, told, 90_000)
    const { received } = await stats()
    const { code } = await collector.end('SIGTERM')
    const held = isEmpty ? new Set<string>() : await idsInSpool(file)
    const [waiting, lost] = part(verdict.lost, held)
    const [waitingCustomers, staleCustomers] = part(verdict.staleCustomers, held)
    return {
      ...verdict,
      lost,
      staleCustomers,
      waiting: [...waiting, ...waitingCustomers],
      bodies: told.bodies,
      failed: told.failed,
      arrived: received,
      strayed: elsewhere.seen.length,
      exit: code,
    }
  } finally {
    await collector.end('SIGKILL')
    await Promise.all([sandbox.close(), elsewhere.close(), gateway.shut(), rm(directory, { recursive: true, force: true })])
  }
}

/** Waits, however slow the machine is, until the spool has handed on all that it holds; `false` when a quarter of an hour was not enough. */
async function emptied(collectorUrl: string, withinMs = 15 * 60_000): Promise<boolean> {
  for (const giveUpAt = Date.now() + withinMs; ; await sleep(500)) {
    const metrics = await (await fetch(`${collectorUrl}/metrics`)).text()
    // Without a spool there is no such line.
    if (!/^amberflo_collector_backlog_items [^0]/m.test(metrics)) return true
    if (Date.now() > giveUpAt) return false
  }
}

/** What a stopped collector's spool holds: records and customers by their ids. */
async function idsInSpool(file: string): Promise<Set<string>> {
  const database = await openDatabase(file)
  const rows = database.prepare('SELECT id FROM items').all() as { id: string }[]
  database.close()
  return new Set(rows.map(({ id }) => id))
}

const part = (ids: readonly string[], held: ReadonlySet<string>) => [ids.filter((id) => held.has(id)), ids.filter((id) => !held.has(id))] as const
