/** The long run: `npm run fuzz`, with `-- --count N` and `-- --seed N`. */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.js'

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 32) } } })
const count = Number(values.count)
const seed = Number(values.seed)
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

console.log(`${count} requests, seed ${seed}`)
const { statuses, heapBytes, ms } = await fuzz(count, seed, (done) => {
  if (done % 100_000 === 0) console.log(`${done} requests, heap ${mebibytes(process.memoryUsage().heapUsed)}, resident ${mebibytes(process.memoryUsage.rss())}`)
})
console.log(`no throw, no 5xx, nothing bad upstream; ${Math.round(count / (ms / 1000))} requests/s`)
console.log(`answers: ${Object.entries(statuses).map(([status, times]) => `${status}: ${times}`).join(', ')}`)
console.log(`largest heap ${mebibytes(heapBytes)}`)
