import type { Alarm, Observe } from '../events.js'
import { describeFailure } from '../failure.js'
import { parseRetryAfter } from '../retry-after.js'
import { sendByFetch } from './transport.js'
import type { Send, SendReply } from './transport.js'

/** The most records in one `POST /ingest`. */
export const MAX_INGEST_RECORDS = 100

const MAX_INGEST_ANSWER_BYTES = 16 * 1024
const MAX_CUSTOMERS_ANSWER_BYTES = 16 * 1024 * 1024

/** What became of one request to Amberflo. */
export type Outcome =
  | { kind: 'taken' }
  /** Nothing is known to have arrived: send the same bytes again, not before `retryAfterMs` when given. */
  | { kind: 'later'; cause: string; retryAfterMs?: number }
  /** Amberflo will never take this body. */
  | { kind: 'refused'; status: number }

/** A customer as Amberflo holds it; fields that this package does not know are kept. */
export type StoredCustomer = Record<string, unknown> & { customerId: string }

export type Read = { kind: 'found'; customer: StoredCustomer } | { kind: 'none' } | Exclude<Outcome, { kind: 'taken' }>

export interface AmberfloClient {
  /** Posts 1 to 100 records, given as JSON texts, in one request whose bytes depend on nothing else. */
  ingest(jsons: readonly string[]): Promise<Outcome>
  readCustomer(customerId: string): Promise<Read>
  /** `POST` makes a customer, `PUT` replaces all that is stored of one. */
  writeCustomer(method: 'POST' | 'PUT', json: string): Promise<Outcome>
}

export interface ClientOptions {
  /** Without a path's last slash. */
  url: string
  apiKey: string
  timeoutMs: number
  observe: Observe
  send?: Send
  now?: () => number
}

/** The body can never be taken; every other status says something about the moment or the configuration. */
const refusedStatuses = new Set([400, 413, 422])

/** @see https://docs.amberflo.io/reference/post_ingest */
export function createClient(options: ClientOptions): AmberfloClient {
  const { url, apiKey, timeoutMs, observe, send = sendByFetch(), now = Date.now } = options
  const alarm = (name: Alarm, detail: Record<string, string | number>) => observe({ type: 'alarm', alarm: name, detail })

  /** One request, its answer read to the end; `null` when there was none in time. */
  async function request(method: string, path: '/ingest' | '/customers', query: string, body: string | null, maxBytes: number): Promise<SendReply | null> {
    const startedAt = now()
    let status = 0
    let failure: ReturnType<typeof describeFailure> | undefined
    try {
      // A redirect is an answer like any other: following it would carry the key elsewhere.
      const headers: Record<string, string> = body === null ? { 'x-api-key': apiKey } : { 'x-api-key': apiKey, 'content-type': 'application/json' }
      const reply = await send({ method, url: `${url}${path}${query}`, headers, body, maxBytes, timeoutMs })
      status = reply?.status ?? 0
      return reply
    } catch (error) {
      failure = describeFailure(error)
      return null
    } finally {
      observe({ type: 'upstream', method, path, status, ms: now() - startedAt, ...failure })
    }
  }

  function classify(reply: SendReply | null): Outcome {
    if (reply === null) return { kind: 'later', cause: 'no answer' }
    const { status } = reply
    if (status >= 200 && status < 300) {
      if (!isPage(reply.text)) return { kind: 'taken' }
      alarm('wrong_url', { status })
      return { kind: 'later', cause: 'a page' }
    }
    if (refusedStatuses.has(status)) return { kind: 'refused', status }
    if (status === 401 || status === 403) alarm('wrong_key', { status })
    // 0: a redirect as runtimes show it that keep to the letter of `manual`.
    if (status === 0 || status === 404 || status === 405 || (status >= 300 && status < 400)) alarm('wrong_url', { status })
    const retryAfterMs = parseRetryAfter(reply.retryAfter, now())
    return { kind: 'later', cause: `status ${status}`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }

  return {
    async ingest(jsons) {
      const reply = await request('POST', '/ingest', '', `[${jsons.join(',')}]`, MAX_INGEST_ANSWER_BYTES)
      const outcome = classify(reply)
      if (reply !== null && outcome.kind === 'taken') {
        // Whether duplicates are among the ingested is not documented, so a difference is for a person to judge.
        const ingested = /(\d+) records? (?:was|were) ingested/.exec(reply.text)?.[1]
        if (ingested === undefined) alarm('unreadable_answer', { path: '/ingest' })
        else if (Number(ingested) !== jsons.length) alarm('count_mismatch', { sent: jsons.length, ingested: Number(ingested) })
      }
      return outcome
    },

    async readCustomer(customerId) {
      const reply = await request('GET', '/customers', `?customerId=${encodeURIComponent(customerId)}`, null, MAX_CUSTOMERS_ANSWER_BYTES)
      if (reply?.status === 404) return { kind: 'none' }
      const outcome = classify(reply)
      if (reply === null || outcome.kind !== 'taken') return outcome as Read
      const read = findCustomer(reply.text, customerId)
      if (read.kind === 'later') alarm('unreadable_answer', { path: '/customers' })
      return read
    },

    async writeCustomer(method, json) {
      return classify(await request(method, '/customers', '', json, MAX_CUSTOMERS_ANSWER_BYTES))
    },
  }
}

/** HTML, where Amberflo answers text or JSON: a proxy's login, or the site of a wrong URL. Nobody there has taken anything. */
const isPage = (text: string) => /^\s*</.test(text)

/**
 * `GET /customers?customerId=` gives the customer, or `{}` where there is none; without the filter it
 * gives a list. All are understood, and anything else is not taken for "none", because a customer
 * made over one that exists would lose what was stored.
 * @see https://github.com/amberflo/metering-typescript/blob/main/src/customerDetailsClient.ts
 */
function findCustomer(text: string, customerId: string): Read {
  if (text.trim() === '') return { kind: 'none' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'later', cause: 'unreadable answer' }
  }
  const isWanted = (one: unknown): one is StoredCustomer =>
    typeof one === 'object' && one !== null && (one as StoredCustomer).customerId === customerId
  if (Array.isArray(value)) {
    const found = value.find(isWanted)
    return found ? { kind: 'found', customer: found } : { kind: 'none' }
  }
  if (isWanted(value)) return { kind: 'found', customer: value }
  const empty = value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  return empty ? { kind: 'none' } : { kind: 'later', cause: 'unreadable answer' }
}
