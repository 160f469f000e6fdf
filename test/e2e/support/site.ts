import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintToken, type CollectorOptions } from '../../../src/collector/index.js'
import { createSandbox } from '../../../src/sandbox/index.js'
import type { Customer, MeterRecord } from '../../../src/wire/payloads.js'
import { openCollectorDoor, type Arrival } from './collector.js'
import { elsewherePage, scriptAt, shopPage } from './pages.js'
import { startServer } from './server.js'
import type { Troubles } from './trouble.js'

/** As long as a site needs to answer: on loopback a page could be gone before Analytics.js has handed its events to anybody. `/next-door` is there at once. */
const ELSEWHERE_MS = 200

/** The key that only the collector and the sandbox know; nothing that a browser gets may hold it. */
export const apiKey = 'canary-3f9c1d77e0a84b52'

export type Where = 'same origin' | 'cross origin'

export interface SiteOptions {
  /** Where the collector listens: at the page's own origin as `/usage`, or at another. */
  where: Where
  collector?: Partial<CollectorOptions>
  /** More pages, by path. */
  pages?: Record<string, string>
  /** What `/token` answers, call by call; the last goes on. */
  tokens?: () => Promise<string>
}

/** A site on this machine: pages, the collector, and Amberflo's sandbox behind it. */
export interface Site {
  /** `csp` becomes the page's Content-Security-Policy. */
  page(path?: string, csp?: string): string
  /** For the plugin's settings. */
  collectorUrl: string
  collectorOrigin: string
  troubles: Troubles
  arrivals: readonly Arrival[]
  /** What pages have posted to `/note`. */
  notes: readonly string[]
  /** Takes the collector off the network, and on the same origin the whole site with it. */
  unplug(): Promise<void>
  plug(): Promise<void>
  /** What Amberflo would have metered. */
  records(): Promise<MeterRecord[]>
  customers(): Promise<Customer[]>
  /** Makes Amberflo itself fail. */
  failUpstream(fault: object): Promise<void>
  close(): Promise<void>
}

export async function startSite({ where, collector = {}, pages = {}, tokens }: SiteOptions): Promise<Site> {
  const sandbox = createSandbox({ apiKey })
  const ask = (path: string, init?: RequestInit): Promise<Response> => sandbox.fetch(new Request(`http://sandbox${path}`, init))

  const allPages: Record<string, string> = { '/': shopPage, '/elsewhere': elsewherePage, '/next-door': elsewherePage, ...pages }
  const origins: string[] = []
  const notes: string[] = []
  const pageListener: RequestListener = async (request, response) => {
    const url = new URL(request.url!, 'http://site')
    if (url.pathname === '/usage') return door.listener(request, response)
    if (url.pathname === '/token' && tokens) return void response.end(await tokens())
    if (url.pathname === '/note') {
      notes.push(await text(request))
      return void response.end()
    }
    if (url.pathname === '/elsewhere') await sleep(ELSEWHERE_MS)
    // A navigation that comes to nothing, as a download does.
    if (url.pathname === '/nothing') return void response.writeHead(204).end()
    const page = allPages[url.pathname]
    const script = page === undefined ? scriptAt(url.pathname) : undefined
    const csp = url.searchParams.get('csp')
    response.writeHead(page || script ? 200 : 404, {
      'content-type': page ? 'text/html;charset=utf-8' : 'text/javascript;charset=utf-8',
      ...(page && csp && { 'content-security-policy': csp }),
    })
    response.end(page ?? script)
  }

  const pageServer = await startServer(pageListener)
  origins.push(pageServer.origin)
  const door = openCollectorDoor({
    apiKey,
    amberfloUrl: 'http://sandbox',
    origins,
    trustClient: true,
    fetch: (input, init) => sandbox.fetch(new Request(input, init)),
    ...collector,
  })
  const collectorServer = where === 'same origin' ? pageServer : await startServer(door.listener)

  return {
    page: (path = '/', csp) => pageServer.origin + path + (csp ? `?csp=${encodeURIComponent(csp)}` : ''),
    collectorUrl: where === 'same origin' ? '/usage' : collectorServer.origin,
    collectorOrigin: collectorServer.origin,
    troubles: door.troubles,
    arrivals: door.arrivals,
    notes,
    unplug: () => collectorServer.unplug(),
    plug: () => collectorServer.plug(),
    records: async () => (await ask('/sandbox/records')).json() as Promise<MeterRecord[]>,
    customers: async () => (await ask('/sandbox/customers')).json() as Promise<Customer[]>,
    async failUpstream(fault) {
      const response = await ask('/sandbox/faults', { method: 'POST', body: JSON.stringify(fault) })
      if (!response.ok) throw new Error(await response.text())
    },
    async close() {
      await Promise.all([pageServer.unplug(), collectorServer.unplug()])
      await door.close()
    },
  }
}

/** For `tokenSecret`. */
export const tokenSecret = 'a secret of the tests, long enough for HS256'

/** Tokens as a backend makes them; the first `wrong` of them are signed with another secret. */
export function tokensFor(customerId: string, wrong: number): () => Promise<string> {
  let made = 0
  return () => mintToken({ customerId, secret: made++ < wrong ? tokenSecret.toUpperCase() : tokenSecret })
}
