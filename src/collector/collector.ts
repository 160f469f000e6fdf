import type { Answer } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { formatRetryAfter } from './amberflo/retry-after.js'
import { checkBatch, joinAnswer } from './checks/batch.js'
import { readText } from './door/body.js'
import { openEnvelope } from './door/envelope.js'
import { createIdentity } from './door/identity.js'
import { createGate } from './door/gate.js'
import { corsHeaders, createDoorman, refuseOrigin } from './door/origin.js'
import type { Visitor } from './door/origin.js'
import { Refusal } from './door/refusal.js'
import { openSink } from './open-sink.js'
import { readOptions } from './options.js'
import type { CollectorOptions } from './options.js'
import { NotNowError } from './sink.js'
import { SpoolFullError } from './spool/spool.js'

export interface Collector {
  /** Answers one request, whatever its path. Never rejects. */
  fetch(request: Request): Promise<Response>
  /** Takes nothing new, and resolves when all that is in hand is where it must be. */
  close(): Promise<void>
}

const DEFAULT_RETRY_AFTER_MS = 5000

/**
 * Makes a collector: the server that takes a page's batches, checks them, and passes them on to Amberflo.
 * Runs wherever `Request` and `Response` do.
 * @throws TypeError that names the wrong option
 */
export function createCollector(options: CollectorOptions): Collector {
  const settings = readOptions(options)
  const { limits, now, observe } = settings
  const knock = createDoorman(settings)
  const gate = createGate(limits, now)
  const identify = createIdentity(settings)
  const sink = openSink(settings)
  const rules = { ...settings, fitsCap: gate.fitsCap }

  /** The way of one batch. */
  async function take(request: Request, visitor: Visitor): Promise<Answer> {
    gate.admitAddress(settings.addressOf(request))
    const parcel = openEnvelope(await readText(request, limits), limits)
    const proof = await identify(request, parcel.token, visitor)
    if (proof !== null) gate.admitCustomer(proof.customerId, parcel.records.length + parcel.customers.length)
    const { items, rejected } = checkBatch(parcel, proof, rules, now())
    const answer = joinAnswer(await sink.take(items), rejected)
    observe({ type: 'taken', accepted: answer.accepted, duplicates: answer.duplicates })
    for (const [reason, count] of countReasons(answer)) observe({ type: 'rejected', reason, count })
    return answer
  }

  async function respond(request: Request): Promise<Response> {
    const { visitor, allowed } = knock(request)
    const headers = corsHeaders(visitor)
    if (request.method === 'OPTIONS' && allowed) return preflight(headers)
    const leave = gate.enter()
    try {
      if (request.method !== 'POST') throw new Refusal('method_not_allowed', 'This is an amberflo-destination collector. Usage is sent here with POST, by the plugin in a page.')
      if (!allowed) throw refuseOrigin(request)
      if (leave === null) throw new Refusal('overloaded', 'The collector has too much in hand. Send the batch again.', 1000)
      return accepted(await take(request, visitor), headers, isOpaque(request))
    } catch (error) {
      return refused(asRefusal(error), headers)
    } finally {
      leave?.()
    }
  }

  function asRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    if (error instanceof NotNowError) return new Refusal('not_now', error.message, error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS)
    if (error instanceof SpoolFullError) return new Refusal('spool_full', 'The collector’s spool is full. Send the batch again.', DEFAULT_RETRY_AFTER_MS)
    // The message could quote what was sent, so only the kind of error is told.
    observe({ type: 'alarm', alarm: 'bug', detail: { error: error instanceof Error ? error.name : typeof error } })
    return new Refusal('internal', 'The collector made a mistake. Send the batch again.', DEFAULT_RETRY_AFTER_MS)
  }

  function refused({ status, code, message, retryAfterMs }: Refusal, headers: Record<string, string>): Response {
    observe({ type: 'refused', status, error: code })
    if (status === 405) headers['allow'] = 'POST, OPTIONS'
    if (retryAfterMs !== undefined) headers['retry-after'] = formatRetryAfter(retryAfterMs)
    return json(status, { error: code, message }, headers)
  }

  return {
    fetch: respond,
    async close() {
      gate.close()
      await gate.empty()
      await sink.close()
    },
  }
}

/** A browser's own code sends none; tools that add headers do. */
function preflight(headers: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: { ...headers, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'Content-Type', 'access-control-max-age': '86400' },
  })
}

/** Only a batch without any rejection gets the headers by which a page learns that its beacon arrived. */
function accepted(answer: Answer, headers: Record<string, string>, opaque: boolean): Response {
  if (answer.rejected.length === 0) {
    headers['server-timing'] = `accepted;desc="${answer.accepted}"`
    const origin = headers['access-control-allow-origin']
    if (origin !== undefined) headers['timing-allow-origin'] = origin
  }
  return json(200, opaque ? undefined : answer, headers)
}

/**
 * A beacon to another origin: nobody can read its answer, and Chromium turns one that looks like JSON into a network
 * error, whose resource timing entry would deny the receipt.
 * @see https://github.com/annevk/orb Opaque Response Blocking
 */
function isOpaque({ headers }: Request): boolean {
  return headers.get('sec-fetch-mode') === 'no-cors' && headers.get('sec-fetch-site') !== 'same-origin'
}

function json(status: number, body: unknown, headers: Record<string, string>): Response {
  headers['cache-control'] = 'no-store'
  if (body === undefined) return new Response(null, { status, headers })
  headers['content-type'] = 'application/json'
  // It quotes ids that were sent: no browser may take it for a page.
  headers['x-content-type-options'] = 'nosniff'
  return new Response(JSON.stringify(body), { status, headers })
}

function countReasons({ rejected }: Answer): Map<Reason, number> {
  const counts = new Map<Reason, number>()
  for (const { reason } of rejected) counts.set(reason as Reason, (counts.get(reason as Reason) ?? 0) + 1)
  return counts
}
