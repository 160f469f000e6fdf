/**
 * More than a server can take, whatever it answers: `node flood.mjs URL REQUESTS_PER_SECOND SECONDS RECORDS`. Requests
 * are sent by the clock and not by the answers, on many connections, and behind each other where none is free. Says
 * what was sent, and what came back by status, as JSON.
 */
import { connect } from 'node:net'

const [, , target, perSecond, seconds, records] = process.argv
const { hostname, port, origin } = new URL(target)
const CONNECTIONS = 1500
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
const sockets = []

function open() {
  const socket = connect(Number(port), hostname)
  socket.on('connect', () => sockets.push(socket))
  socket.on('data', (chunk) => {
    for (const [, status] of chunk.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) statuses[status] = (statuses[status] ?? 0) + 1
  })
  socket.on('error', () => (errors += 1))
}

for (let at = 0; at < CONNECTIONS; at++) {
  open()
  if (at % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20))
}

const startedAt = performance.now()
const ticking = setInterval(() => {
  const due = Math.min(1, (performance.now() - startedAt) / 1000 / Number(seconds)) * Number(perSecond) * Number(seconds)
  for (; sent < due; sent++) sockets[sent % sockets.length].write(makeRequest())
}, 2)
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
clearInterval(ticking)
const took = (performance.now() - startedAt) / 1000
// What is still under way is answered too.
for (let before = -1, now = 0; now !== before; before = now, now = Object.values(statuses).reduce((sum, one) => sum + one, 0)) await new Promise((resolve) => setTimeout(resolve, 1000))
console.log(JSON.stringify({ sentPerSecond: sent / took, sent, statuses, errors }))
process.exit()
