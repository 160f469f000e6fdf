/**
 * More than a server can take, whatever it answers: `node flood.mjs URL REQUESTS_PER_SECOND SECONDS RECORDS`. Requests
 * are written to many connections, one behind the other, by the clock and not by the answers. Says on its last line
 * what was sent, and what came back by status, as JSON.
 */
import { connect } from 'node:net'

const [, , target, perSecond, seconds, records] = process.argv
const { hostname, port, origin } = new URL(target)
const CONNECTIONS = 400
/** What a connection may have waiting here; one that is fuller is passed over. */
const MAX_WAITING = 64 * 1024
const DIGITS = 10

const record = `{"uniqueId":"ajs-next-1619445706909-${'#'.repeat(DIGITS)}","customerId":"some_user_id","meterApiName":"page","meterValue":1,"meterTimeInMillis":${Date.now()},"dimensions":{"name":"Home","title":"Welcome _ Initech","keywords":"paper,comedy","search":"schrute farms","referrer":"https:__google.com","path":"_home","browser":"Chrome","url":"https:__segment.com"}}`
const body = `{"v":1,"batch":"8f14e45f","sentAt":${Date.now()},"records":[${Array(Number(records)).fill(record).join()}]}`
const template = Buffer.from(`POST /?b=8f14e45f HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${origin}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
const places = []
for (let at = template.indexOf('#'); at >= 0; at = template.indexOf('#', at + DIGITS)) places.push(at)

let ids = Math.floor(Math.random() * 1e9)
/** A request with ids of its own, so that none is a duplicate. */
function makeRequest() {
  const request = Buffer.from(template)
  for (const place of places) request.write(String(++ids).padStart(DIGITS, '0'), place, 'latin1')
  return request
}

const statuses = {}
let sent = 0
let errors = 0

function open() {
  const socket = connect(Number(port), hostname)
  let rest = ''
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('HTTP/1.1 ')
    // The last may be cut in the middle of its status.
    rest = `HTTP/1.1 ${lines.pop()}`
    for (const line of lines) if (line !== '') count(line.slice(0, 3))
    if (rest.length > 'HTTP/1.1 200'.length) {
      count(rest.slice(9, 12))
      rest = ''
    }
  })
  socket.on('error', () => (errors += 1))
  return socket
}
const count = (status) => /^\d{3}$/.test(status) && (statuses[status] = (statuses[status] ?? 0) + 1)

const sockets = Array.from({ length: CONNECTIONS }, open)
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))

const startedAt = performance.now()
let turn = 0
const ticking = setInterval(() => {
  const due = Math.min(1, (performance.now() - startedAt) / 1000 / Number(seconds)) * Number(perSecond) * Number(seconds)
  for (let passed = 0; sent < due && passed < CONNECTIONS; ) {
    const socket = sockets[turn++ % CONNECTIONS]
    if (socket.destroyed || socket.writableLength > MAX_WAITING) passed += 1
    else {
      socket.write(makeRequest())
      sent += 1
    }
  }
}, 5)
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
clearInterval(ticking)
const took = (performance.now() - startedAt) / 1000
// What is still under way is answered too.
for (let before = -1, now = 0; now !== before; before = now, now = Object.values(statuses).reduce((sum, one) => sum + one, 0)) await new Promise((resolve) => setTimeout(resolve, 1000))
console.log(JSON.stringify({ sentPerSecond: sent / took, sent, statuses, errors }))
process.exit()
