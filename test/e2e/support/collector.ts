import type { IncomingMessage, RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCollector, type CollectorOptions } from '../../../src/collector/index.js'
import type { Envelope } from '../../../src/wire/payloads.js'
import { bodyOf } from './server.js'
import { answerInstead, breakOff, createTroubles, type Troubles } from './trouble.js'

/** One request that reached the collector's address. */
export interface Arrival {
  /** Monotonic milliseconds. */
  at: number
  method: string
  batch: string | null
  /** What the browser's own headers tell: beacons go without CORS, `fetch` with it. */
  via: 'beacon' | 'fetch'
  bytes: number
  /** The `uniqueId`s and `customerId`s in it; empty when the body did not get through. */
  ids: string[]
  /** What was answered; 0 for a broken connection. */
  status: number
}

export interface CollectorDoor {
  listener: RequestListener
  troubles: Troubles
  arrivals: Arrival[]
  close(): Promise<void>
}

/** The real collector behind a door at which things can be made to go wrong, and that keeps a log. */
export function openCollectorDoor(options: CollectorOptions): CollectorDoor {
  const collector = createCollector(options)
  const troubles = createTroubles()
  const arrivals: Arrival[] = []

  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url!, `http://${request.headers.host}`)
    const arrival: Arrival = {
      at: performance.now(),
      method: request.method!,
      batch: url.searchParams.get('b'),
      via: request.headers['sec-fetch-mode'] === 'cors' ? 'fetch' : 'beacon',
      bytes: 0,
      ids: [],
      status: 0,
    }
    arrivals.push(arrival)
    const trouble = troubles.take(Number(request.headers['content-length'] ?? 0))
    if (trouble?.kind === 'reset') {
      request.once('data', () => breakOff(request))
      return
    }
    const body = await bodyOf(request).catch(() => undefined)
    if (!body) return
    arrival.bytes = body.length
    arrival.ids = idsIn(body)
    if (trouble?.kind === 'answer') {
      arrival.status = trouble.status
      return answerInstead(request, response, trouble)
    }
    if (trouble?.kind === 'slow') await sleep(trouble.ms)
    const answer = await collector.fetch(asRequest(url, request, body))
    if (trouble?.kind === 'answer lost') return breakOff(request)
    arrival.status = answer.status
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(await answer.text())
  }

  return { listener, troubles, arrivals, close: () => collector.close() }
}

function asRequest(url: URL, { method, headers }: IncomingMessage, body: Buffer): Request {
  const given = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : []))
  return new Request(url, { method: method!, headers: given, ...(method === 'POST' && { body: new Uint8Array(body) }) })
}

function idsIn(body: Buffer): string[] {
  try {
    const { records = [], customers = [] } = JSON.parse(body.toString()) as Envelope
    return [...records.map(({ uniqueId }) => uniqueId), ...customers.map(({ customerId }) => customerId)]
  } catch {
    return []
  }
}
