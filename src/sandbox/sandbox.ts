import { Hono } from 'hono'
import type { Customer, MeterRecord } from '../wire/payloads.js'
import { faultOfCustomer, faultOfRecord } from './check.js'
import { createFaults, parseFault } from './faults.js'
import type { Fault } from './faults.js'
import { createStats } from './stats.js'
import { createStore, type Store } from './store.js'

export interface SandboxOptions {
  /** What `x-api-key` must be. */
  apiKey: string
}

/** In place of an answer: the connection breaks. Over HTTP the socket is reset; in process `fetch` rejects, as a client's would. */
export class ConnectionReset extends Error {
  override name = 'ConnectionReset'
}

/**
 * Amberflo's API in memory, for people and tests without a key: `POST /ingest`, `GET`, `POST` and `PUT /customers`,
 * and `/sandbox/…` to look inside and to make it fail.
 * @see https://docs.amberflo.io/reference/ingest-meter-records
 */
export function createSandbox({ apiKey }: SandboxOptions) {
  const store = createStore()
  const faults = createFaults()
  const stats = createStats()

  const api = amberflo(apiKey, store, stats)
  const inside = insides(store, faults, stats)

  async function respond(request: Request, path: string): Promise<Response> {
    const body = faults.needsBody() ? await request.clone().text() : ''
    const fault = faults.take(path, body)
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    if (fault?.reset) throw new ConnectionReset('reset before the request was taken')
    if (fault?.status !== undefined && failsWith(fault)) return new Response(fault.body ?? `fault ${fault.status}`, { status: fault.status, headers: fault.headers ?? {} })
    const response = await api.fetch(request)
    if (fault?.cut) throw new ConnectionReset('reset after the request was taken')
    return response
  }

  return {
    /** Rejects with `ConnectionReset` where a fault says so. */
    async fetch(request: Request): Promise<Response> {
      const path = new URL(request.url).pathname
      if (path.startsWith('/sandbox')) return inside.fetch(request)
      stats.request(request.method, path)
      try {
        const response = await respond(request, path)
        stats.answer(response.status)
        return response
      } catch (error) {
        if (error instanceof ConnectionReset) stats.answer('reset')
        throw error
      }
    },
  }
}

/** Not with 0, nor with a success that has no answer of its own: then the request is merely late. */
const failsWith = ({ status = 0, body, headers }: Fault) => status >= 300 || (status > 0 && (body !== undefined || headers !== undefined))

/** The API as Amberflo documents it. */
function amberflo(apiKey: string, store: Store, stats: ReturnType<typeof createStats>) {
  const app = new Hono({ strict: false })

  app.use(async (c, next) => {
    if (c.req.header('x-api-key') !== apiKey) return c.json({ message: 'Unauthorized' }, 401)
    await next()
  })

  app.post('/ingest', async (c) => {
    const parsed = parseRecords(await c.req.text())
    if (typeof parsed === 'string') return c.text(parsed, 400)
    // One malformed record refuses the whole request, so that a client sees it.
    for (const [index, record] of parsed.entries()) {
      const fault = faultOfRecord(record)
      if (fault) return c.text(`record ${index}: ${fault}`, 400)
    }
    for (const record of parsed as MeterRecord[]) store.ingest(record)
    stats.batch(parsed.length)
    // Duplicates are discarded later on, so the answer counts them too.
    return c.text(`${parsed.length} records were ingested`)
  })

  // With `?customerId=`, one customer, or an empty object where there is none: Amberflo's own clients look for
  // the field `customerId` in the answer.
  // @see https://github.com/amberflo/metering-python/blob/main/metering/customer.py
  app.get('/customers', (c) => {
    const id = c.req.query('customerId')
    return c.json(id === undefined ? store.customers() : (store.customer(id) ?? {}))
  })

  app.get('/customers/:id', (c) => {
    const customer = store.customer(c.req.param('id'))
    return customer ? c.json(customer) : c.json({ message: 'customer not found' }, 404)
  })

  // Amberflo documents `customerId` as unique but not what a second POST of it does, and its clients never send one:
  // refused here, so that a client which forgets to look first is noticed.
  app.on(['POST', 'PUT'], '/customers', async (c) => {
    const customer = parseJson(await c.req.text())
    const fault = faultOfCustomer(customer)
    if (fault) return c.text(`customer: ${fault}`, 400)
    const { customerId } = customer as Customer
    if (c.req.method === 'POST' && store.customer(customerId)) return c.text(`customer ${customerId} already exists`, 400)
    store.putCustomer(customer as Customer)
    return c.json(customer as Customer)
  })

  app.notFound((c) => c.json({ message: 'Not Found' }, 404))
  return app
}

/** What is not Amberflo's: for people and tests. */
function insides(store: Store, faults: ReturnType<typeof createFaults>, stats: ReturnType<typeof createStats>) {
  const app = new Hono({ strict: false }).basePath('/sandbox')

  /** The records as they were posted, oldest first; `?after=n` leaves out the first n. */
  app.get('/records', (c) => c.json(store.records(Math.max(0, Number(c.req.query('after')) || 0))))
  app.get('/customers', (c) => c.json(store.customers()))
  app.get('/stats', (c) => c.json({ ...stats.read(), arrivals: store.arrivals() }))

  app.get('/faults', (c) => c.json(faults.list()))
  /** One fault, or an array of them to happen one after the other. */
  app.post('/faults', async (c) => {
    const body = parseJson(await c.req.text())
    try {
      faults.set((Array.isArray(body) ? body : [body]).map(parseFault))
    } catch (error) {
      return c.text((error as Error).message, 400)
    }
    return c.json(faults.list())
  })

  app.delete('/', (c) => {
    store.clear()
    stats.clear()
    faults.set([])
    return c.body(null, 204)
  })
  return app
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An object, an array, or one object a line. */
function parseRecords(text: string): unknown[] | string {
  const whole = parseJson(text)
  if (Array.isArray(whole)) return whole
  if (whole !== undefined) return [whole]
  const lines = text.split('\n').filter((line) => line.trim() !== '').map(parseJson)
  return lines.length > 0 && !lines.includes(undefined) ? lines : 'the body is not JSON'
}
