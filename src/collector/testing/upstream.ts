import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** How the upstream answers one request; `null` cuts the connection. */
export type Reply = { status?: number; headers?: Record<string, string>; body?: string; delayMs?: number } | null

/** A real HTTP server in Amberflo's place. Remembers what it got, and answers as `reply` says. */
export async function startUpstream(reply: (seen: Seen) => Reply | Promise<Reply> = ingestAll) {
  const seen: Seen[] = []
  let answer = reply
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const one: Seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      seen.push(one)
      void Promise.resolve(answer(one)).then((given) => send(response, given))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answerWith(next: (seen: Seen) => Reply | Promise<Reply>) {
      answer = next
    },
    /** All records that were posted to `/ingest`, whatever was answered. */
    posted: () => seen.filter(({ url }) => url === '/ingest').flatMap(({ body }) => JSON.parse(body) as Record<string, unknown>[]),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === null) {
    response.destroy()
    return
  }
  const { status = 200, headers = {}, body = '', delayMs = 0 } = reply
  // A test that is over does not wait for it.
  setTimeout(() => response.writeHead(status, headers).end(body), delayMs).unref()
}

/** Amberflo on a good day, without customers. */
export function ingestAll({ method, url, body }: Seen): Reply {
  if (url === '/ingest') return { body: `${(JSON.parse(body) as unknown[]).length} records were ingested` }
  return { body: method === 'GET' ? '{}' : body }
}
