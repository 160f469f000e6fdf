import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import autocannon from 'autocannon'

const MARK = '@@@@@@@@@@'

let sent = 0

/** Bodies of so many records, with ids of their own, so that none is a duplicate. */
function bodyMaker(records) {
  const record = {
    uniqueId: `ajs-next-1619445706909-${MARK}`,
    customerId: 'some_user_id',
    meterApiName: 'page',
    meterValue: 1,
    meterTimeInMillis: Date.now(),
    dimensions: { name: 'Home', title: 'Welcome _ Initech', keywords: 'paper,comedy', search: 'schrute farms', referrer: 'https:__google.com', path: '_home', browser: 'Chrome', url: 'https:__segment.com' },
  }
  const parts = JSON.stringify({ v: 1, batch: '8f14e45f', sentAt: Date.now(), records: Array.from({ length: records }, () => record) }).split(MARK)
  return () => parts.reduce((text, part) => text + String(++sent).padStart(MARK.length, '0') + part)
}

/** Sends batches for `seconds`, and tells how many were answered with 200 in a second. */
export async function load(url, { seconds, connections, records }) {
  const makeBody = bodyMaker(records)
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'text/plain;charset=UTF-8', origin: new URL(url).origin },
    requests: [{ setupRequest: (request) => ({ ...request, body: makeBody() }) }],
  })
  const { statusCodeStats, latency, duration, errors } = result
  const took = Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => [status, count])
  const ok = Number(statusCodeStats?.['200']?.count ?? 0)
  return { ok, perSecond: ok / duration, p50: latency.p50, p99: latency.p99, errors, statuses: Object.fromEntries(took) }
}

/** Sends so many batches a second whatever the answers are, from a process of its own; see `flood.mjs`. */
export async function flood(url, { perSecond, seconds, records }) {
  const program = fileURLToPath(new URL('flood.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program, url, perSecond, seconds, records].map(String))
  return JSON.parse(stdout)
}
