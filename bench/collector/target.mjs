/**
 * One server in a process of its own: `node target.mjs floor|direct|null`. Says its port to the parent, and the
 * CPU time and memory that it used when asked.
 */
import { createServer } from 'node:http'
import { createCollector } from '../../dist/collector.js'

const [, , kind] = process.argv
/** An answer that costs nothing: no stream is made for it, and none read. */
const ingested = { status: 200, headers: new Headers(), body: null }

const readAll = (request, done) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks).toString()))
}

const servers = {
  /** Reads and parses the same body, and answers as much: what no collector on Node can beat. */
  floor: () =>
    createServer((request, response) => {
      readAll(request, (body) => {
        const { records } = JSON.parse(body)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ accepted: records.length, duplicates: 0, rejected: [] }))
      })
    }),

  /** The handler as one would serve it on Node; Amberflo answers at once, in this process. */
  direct: () => {
    const collector = createCollector({
      apiKey: 'bench',
      trustClient: true,
      limits: false,
      fetch: async () => ingested,
    })
    return createServer(collector.listener)
  },

  /** An Amberflo that takes everything. */
  null: () => createServer((request, response) => readAll(request, (body) => response.end(`${JSON.parse(body).length} records were ingested`))),
}

const server = servers[kind]()
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit())
