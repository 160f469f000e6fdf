/**
 * What the handler alone costs, without HTTP: `node bench/collector/handler.mjs`. Requests come 60 at once, as on a
 * busy server; the best such window counts, so that the figures stand on a busy machine too.
 */
import { createCollector } from '../../dist/collector.js'

const WINDOW = 60
const WINDOWS = 400
const encoder = new TextEncoder()
const decoder = new TextDecoder()
let made = 0

const record = () => ({
  uniqueId: `ajs-next-1619445706909-${String(++made).padStart(10, '0')}`,
  customerId: 'some_user_id',
  meterApiName: 'page',
  meterValue: 1,
  meterTimeInMillis: Date.now(),
  dimensions: { name: 'Home', title: 'Welcome _ Initech', keywords: 'paper,comedy', search: 'schrute farms', referrer: 'https:__google.com', path: '_home', browser: 'Chrome', url: 'https:__segment.com' },
})

const body = (records) => encoder.encode(JSON.stringify({ v: 1, batch: '8f14e45f', sentAt: Date.now(), records: Array.from({ length: records }, record) }))

/** A request as a server on Node hands it over: headers and bytes, and no stream. */
function request(bytes) {
  const headers = { origin: 'http://127.0.0.1', 'content-length': String(bytes.length) }
  return {
    method: 'POST',
    url: 'http://127.0.0.1/',
    headers: { get: (name) => headers[name] ?? null },
    arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  }
}

// What a server's own Response costs is the server's.
globalThis.Response = class {
  constructor(_, { status }) {
    this.status = status
  }
}

async function timed(work) {
  const startedAt = performance.now()
  await work()
  return ((performance.now() - startedAt) * 1000) / WINDOW
}

console.log('| records in a batch | handler | reading and parsing alone |\n| ---: | ---: | ---: |')
for (const records of [1, 3, 10]) {
  const collector = createCollector({ apiKey: 'bench', trustClient: true, limits: false, fetch: async () => ({ status: 200, headers: new Headers(), body: null }) })
  let handler = Infinity
  let parse = Infinity
  for (let window = 0; window < WINDOWS; window++) {
    const bodies = Array.from({ length: WINDOW }, () => body(records))
    handler = Math.min(handler, await timed(async () => {
      const responses = await Promise.all(bodies.map((bytes) => collector.fetch(request(bytes))))
      if (responses.some(({ status }) => status !== 200)) throw new Error('not taken')
    }))
    parse = Math.min(parse, await timed(async () => {
      for (const bytes of bodies) JSON.parse(decoder.decode(bytes))
    }))
  }
  console.log(`| ${records} | ${handler.toFixed(1)} µs | ${parse.toFixed(1)} µs |`)
}
