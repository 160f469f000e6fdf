/**
 * How much the collector costs, compared in the same run to a bare `node:http` server that reads and parses the same
 * bodies. Loopback only. `npm run bench:collector -- [--records N] [--seconds N] [--rounds N] [--only NAME,NAME]`
 *
 * The rounds of the contestants alternate, and the median counts, so that what else the machine does hits all alike.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createServer } from 'node:net'
import { load } from './collector/load.mjs'
import { startBin, startTarget } from './collector/start.mjs'

const { values } = parseArgs({
  options: { records: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '5' }, only: { type: 'string', default: 'direct,memoryless,sqlite,redis,overload' } },
})
/** A page view and what a visitor does in the second after it is a usual batch. */
const records = Number(values.records)
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const wanted = new Set(values.only.split(','))
const CONNECTIONS = 32

const folder = mkdtempSync(join(tmpdir(), 'collector-bench-'))
const cleanup = [() => rmSync(folder, { recursive: true, force: true })]
const stopLater = (server) => {
  cleanup.push(() => server.stop())
  return server
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** Debian's own Redis, as durable as it can be; `null` where there is none. */
async function startRedis() {
  const program = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'].find(existsSync)
  if (program === undefined) return null
  const port = await freePort()
  const child = spawn(program, ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''], { stdio: 'ignore' })
  cleanup.push(() => child.kill())
  await new Promise((resolve) => setTimeout(resolve, 500))
  return `redis://127.0.0.1:${port}`
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

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
  for (const server of Object.values(contestants)) await load(server.url, { seconds: 2, connections: CONNECTIONS, records })
  for (let round = 0; round < rounds; round++) {
    for (const [name, server] of Object.entries(contestants)) results[name].push(await measure(server))
  }
  const floor = results.floor.map(({ perSecond }) => perSecond)
  row('', 'batches/s', 'of the floor', 'CPU per batch', 'p50', 'p99', 'memory', 'other answers')
  row('---', '---:', '---:', '---:', '---:', '---:', '---:', '---')
  for (const [name, list] of Object.entries(results)) {
    const of = (read) => median(list.map(read))
    const ratio = median(list.map(({ perSecond }, round) => perSecond / floor[round]))
    const others = list.flatMap(({ statuses, errors }) => [...Object.keys(statuses).filter((status) => status !== '200'), ...(errors > 0 ? [`${errors} errors`] : [])])
    row(name, Math.round(of((one) => one.perSecond)), `${ratio.toFixed(2)}×`, `${Math.round(of((one) => one.cpuMicros))} µs`, `${of((one) => one.p50)} ms`, `${of((one) => one.p99)} ms`, mebibytes(Math.max(...list.map((one) => one.rssBytes))), [...new Set(others)].join(', ') || 'none')
  }
}

async function overload(amberfloUrl) {
  const inHand = 500
  const server = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: `sqlite:${folder}/overload.db`, COLLECTOR_MAX_IN_HAND: String(inHand) }))
  const { statuses, rssBytes, errors } = await measure(server, { seconds: seconds * 2, connections: 3 * inHand, records })
  console.log(`\n3× overload (${3 * inHand} connections, room for ${inHand}): ${Object.entries(statuses).map(([status, count]) => `${status}: ${count}`).join(', ')}, ${errors} errors, ${mebibytes(rssBytes)}`)
}

try {
  const upstream = stopLater(await startTarget('null', records))
  const amberfloUrl = upstream.url.slice(0, -1)
  const contestants = { floor: stopLater(await startTarget('floor', records)) }
  if (wanted.has('direct')) contestants['direct handler, Amberflo in memory'] = stopLater(await startTarget('direct', records))
  if (wanted.has('memoryless')) contestants['server, no spool, Amberflo over HTTP'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl }))
  if (wanted.has('sqlite')) contestants['server, sqlite'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: `sqlite:${folder}/spool.db` }))
  const redis = wanted.has('redis') ? await startRedis() : null
  if (redis !== null) contestants['server, redis, appendfsync always'] = stopLater(await startBin({ AMBERFLO_URL: amberfloUrl, COLLECTOR_SPOOL: redis }))
  await compare(contestants)
  if (wanted.has('overload')) await overload(amberfloUrl)
} finally {
  for (const clean of cleanup.reverse()) await clean()
}
