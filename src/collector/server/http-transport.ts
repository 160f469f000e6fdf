import * as http from 'node:http'
import * as https from 'node:https'
import type { Send } from '../amberflo/transport.js'

/** Idle connections are closed before the other side may do so. */
const IDLE_MS = 4_000

/** Sends with Node's own client: a request of 100 records costs a third of what `fetch` takes for it. */
export function sendByHttp(): Send {
  const settings = { keepAlive: true, timeout: IDLE_MS }
  const agents = { 'http:': new http.Agent(settings), 'https:': new https.Agent(settings) }

  return ({ method, url: text, headers, body, maxBytes, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const url = new URL(text)
      const { request: open } = url.protocol === 'https:' ? https : http
      const length: Record<string, string> = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const request = open(url, { method, agent: agents[url.protocol as keyof typeof agents], headers: { 'user-agent': 'amberflo-collector', ...headers, ...length } })
      const timer = setTimeout(() => request.destroy(new DOMException(`no answer in ${timeoutMs} ms`, 'TimeoutError')), timeoutMs)
      request.on('close', () => {
        clearTimeout(timer)
        // Where the answer was cut off; else it is settled.
        reject(new Error('the connection was closed'))
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('error', reject)
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= maxBytes) return void chunks.push(chunk)
          resolve(null)
          request.destroy()
        })
        response.on('end', () => resolve({ status: response.statusCode as number, text: Buffer.concat(chunks).toString(), retryAfter: response.headers['retry-after'] ?? null }))
      })
      request.end(body ?? undefined)
    })
}
