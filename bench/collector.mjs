/**
 * How much the collector costs, compared in the same run to a bare `node:http` server that reads and parses the same
 * bodies. Loopback only. `npm run bench:collector -- [--records N] [--seconds N] [--rounds N] [--only NAME,NAME]`
 *
 * The rounds are short, those of the contestants alternate, and what counts is the median: of a contestant's rounds, and
 * of their ratios to the floor's rounds beside them, which meet the machine in about the same state.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { importTypeScript } from '../scripts/import-ts.mjs'
import { flood, load } from './collector/load.mjs'
import { startBin, startTarget } from './collector/start.mjs'

const { values } = parseArgs({
  options: { records: { type: 'string', default: '3' }, seconds: { type: 'string', default: '1' }, rounds: { type: 'string', default: '15' }, only: { type: 'string', default: 'direct,memoryless,sqlite,redis,overload' } },
})
/** A page view and what a visitor does in the second after it is a usual batch. */
const records = Number(values.records)
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const wanted = new Set(values.only.split(','))
const CONNECTIONS = 64

const { startRedis } = await importTypeScript(fileURLToPath(new URL('../src/collector/testing/redis.ts', import.meta.url)))

const folder = mkdtempSync(join(tmpdir(), 'collector-bench-'))
const cleanup = [() => rmSync(folder, { recursive: true, force: true })]
const stopLater = (server) => {
  cleanup.push(() => server.stop())
  return server
}

async function measure(server, options = { seconds, connections: CONNECTIONS, records }) {
  const before = await server.usage()
  const result = await load(server.url, options)
  const after = await server.usage()
  return { ...result, cpuMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.ok, rssBytes: after.rssBytes }
}

const row = (...cells) => console.log(`| ${cells.join(' | ')} |`)
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`

async function compare(contestants) {
  const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (const server of Object.values(contestants)) await load(server.url, { seconds: 5, connections: CONNECTIONS, records })
  for (let round = 0; round < rounds; round++) {
    for (const [name, server] of Object.entries(contestants)) results[name].push(await measure(server))
  }
  const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]
  const over = (name, read) => median(results[name].map(read))
  const ratio = (name, read) => `${over(name, (result, round) => read(result) / read(results.floor[round])).toFixed(2)}×`
  row('', 'batches/s', 'of the floor', 'CPU per batch', 'of the floor', 'p50', 'p99', 'memory', 'other answers')
  row('---', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---')
  for (const [name, list] of Object.entries(results)) {
    const others = list.flatMap(({ statuses, errors }) => [...Object.keys(statuses).filter((status) => status !== '200'), ...(errors > 0 ? [`${errors} errors`] : [])])
    row(
      name,
      Math.round(over(name, ({ perSecond }) => perSecond)),
      ratio(name, ({ perSecond }) => perSecond),
      `${Math.round(over(name, ({ cpuMicros }) => cpuMicros))} µs`,
      ratio(name, ({ cpuMicros }) => 1 / cpuMicros),
      `${over(name, ({ p50 }) => p50)} ms`,
      `${over(name, ({ p99 }) => p99)} ms`,
      mebibytes(Math.max(...results[name].map(({ rssBytes }) => rssBytes))),
      [...new Set(others)].join(', ') || 'none',
    )
  }
}

/** First what it takes when it is asked no faster than it answers, then three times that, whatever it answers. */
async function overload(amberfloUrl) {
  const inHand = 500
  const server = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: `sqlite:${folder}/overload.db`, COLLECTOR_MAX_IN_HAND: String(inHand) }))
  await load(server.url, { seconds: 5, connections: CONNECTIONS, records })
  const { perSecond } = await load(server.url, { seconds: 5, connections: CONNECTIONS, records })
  let mostBytes = 0
  const watching = setInterval(async () => (mostBytes = Math.max(mostBytes, (await server.usage().catch(() => ({ rssBytes: 0 }))).rssBytes)), 500)
  const { sentPerSecond, sent, statuses, errors } = await flood(server.url, { perSecond: 3 * perSecond, seconds: 10, records })
  clearInterval(watching)
  mostBytes = Math.max(mostBytes, (await server.usage()).rssBytes)
  const answers = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`).join(', ')
  console.log(`\nOverload: ${Math.round(sentPerSecond)} batches/s sent, ${(sentPerSecond / perSecond).toFixed(1)}× the ${Math.round(perSecond)} that it takes from ${CONNECTIONS} connections, room for ${inHand}; of ${sent}: ${answers}, ${errors} errors; at most ${mebibytes(mostBytes)}`)
}

try {
  const upstream = stopLater(await startTarget('null'))
  const amberfloUrl = upstream.url.slice(0, -1)
  const contestants = { floor: stopLater(await startTarget('floor')) }
  if (wanted.has('direct')) contestants['direct handler, Amberflo in memory'] = stopLater(await startTarget('direct'))
  if (wanted.has('memoryless')) contestants['server, no spool, Amberflo over HTTP'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl }))
  if (wanted.has('sqlite')) contestants['server, sqlite'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: `sqlite:${folder}/spool.db` }))
  if (wanted.has('redis')) {
    const redis = stopLater(await startRedis())
    contestants['server, redis, appendfsync always'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: redis.url }))
  }
  await compare(contestants)
  if (wanted.has('overload')) await overload(amberfloUrl)
} finally {
  for (const clean of cleanup.reverse()) await clean()
}
