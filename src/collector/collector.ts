import type { Answer } from '../wire/payloads.js'
import type { Reason } from '../wire/reasons.js'
import { sendByFetch } from './amberflo/transport.js'
import type { Send } from './amberflo/transport.js'
import type { Call, Reply } from './call.js'
import { checkBatch, joinAnswer } from './checks/batch.js'
import { readText } from './door/body.js'
import { openEnvelope } from './door/envelope.js'
import { createIdentity } from './door/identity.js'
import { createGate } from './door/gate.js'
import { corsHeaders, createOriginCheck, refuseOrigin } from './door/origin.js'
import type { Sender } from './door/origin.js'
import { Refusal } from './door/refusal.js'
import { fromIncoming, sendReply } from './node.js'
import type { NodeRequest, NodeResponse } from './node.js'
import { openSink } from './open-sink.js'
import { readOptions } from './options.js'
import type { CollectorOptions } from './options.js'
import { accepted, preflight, refused } from './replies.js'
import { NotNowError } from './sink.js'
import { SpoolFullError } from './spool/spool.js'
import { fromRequest, toResponse } from './web.js'

export interface Collector {
  /**
   * Answers one request, whatever its path. Never rejects. Where the runtime gives more with a request, as Workers do
   * with `fetch(request, env, context)`, hand that on too.
   */
  fetch(request: Request, ...given: unknown[]): Promise<Response>
  /** The same for servers on Node, without the detour over web streams: `createServer(collector.listener)`, `app.use('/usage', collector.listener)`. */
  listener(incoming: NodeRequest, outgoing: NodeResponse): void
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
  const { respond, close } = openCollector(options)
  return {
    async fetch(request, ...given) {
      const response = respond(fromRequest(request)).then(toResponse)
      stayAlive(given, response)
      return response
    },
    listener: (incoming, outgoing) => void respond(fromIncoming(incoming)).then((reply) => sendReply(incoming, outgoing, reply)),
    close,
  }
}

/** A collector that knows nothing of how its calls come. `respond` never rejects. */
export function openCollector(options: CollectorOptions, send?: Send): { respond(call: Call): Promise<Reply>; close(): Promise<void> } {
  const settings = readOptions(options)
  const { limits, now, observe } = settings
  const checkOrigin = createOriginCheck(settings)
  const gate = createGate(limits, now)
  const identify = createIdentity(settings)
  const sink = openSink(settings, send ?? sendByFetch(settings.fetch))
  const rules = { ...settings, fitsCap: gate.fitsCap }

  /** The way of one batch. */
  async function take(call: Call, sender: Sender): Promise<Answer> {
    const batch = openEnvelope(await readBody(call), limits)
    const proof = await identify(call, batch.token, sender)
    if (proof !== null) gate.admitCustomer(proof.customerId, batch.records.length + batch.customers.length)
    const { items, rejected } = checkBatch(batch, proof, rules, now())
    const answer = joinAnswer(await sink.take(items), rejected)
    observe({ type: 'taken', accepted: answer.accepted, duplicates: answer.duplicates })
    for (const [reason, count] of countReasons(answer)) observe({ type: 'rejected', reason, count })
    return answer
  }

  async function readBody(call: Call): Promise<string> {
    const done = gate.admitAddress(settings.addressOf(call))
    try {
      return await readText(call, limits)
    } finally {
      done()
    }
  }

  async function respond(call: Call): Promise<Reply> {
    const { sender, allowed } = checkOrigin(call)
    const headers = corsHeaders(sender)
    if (call.method === 'OPTIONS' && allowed) return preflight(headers)
    const leave = gate.enter()
    try {
      if (call.method !== 'POST' && call.method !== 'OPTIONS') throw new Refusal('method_not_allowed', 'This is an amberflo-destination collector. Usage is sent here with POST, by the plugin in a page.')
      if (!allowed) throw refuseOrigin(call)
      if (leave === null) throw overloaded()
      return accepted(await take(call, sender), headers, call)
    } catch (error) {
      const refusal = asRefusal(error)
      observe({ type: 'refused', status: refusal.status, error: refusal.code })
      return refused(refusal, headers)
    } finally {
      leave?.()
    }
  }

  function overloaded(): Refusal {
    sink.hurry()
    return new Refusal('overloaded', 'The collector has too much in hand. Send the batch again.', 1000)
  }

  function asRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    if (error instanceof NotNowError) return new Refusal('not_now', error.message, error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS)
    if (error instanceof SpoolFullError) return new Refusal('spool_full', 'The collector’s spool is full. Send the batch again.', DEFAULT_RETRY_AFTER_MS)
    // The message could quote what was sent, so only the kind of error is told.
    observe({ type: 'alarm', alarm: 'bug', detail: { error: error instanceof Error ? error.name : typeof error } })
    return new Refusal('internal', 'The collector made a mistake. Send the batch again.', DEFAULT_RETRY_AFTER_MS)
  }

  return {
    respond,
    async close() {
      gate.close()
      await gate.empty()
      await sink.close()
    },
  }
}

/**
 * Workers stop at the next `await` what serves a client that has gone. The request would then hold its place, its customer's lock
 * and its records for ever, and whoever sends them again would wait for it.
 */
function stayAlive(given: readonly unknown[], work: Promise<unknown>): void {
  for (const context of given as readonly ({ waitUntil?: unknown } | null | undefined)[]) {
    if (typeof context?.waitUntil === 'function') context.waitUntil(work)
  }
}

function countReasons({ rejected }: Answer): Map<Reason, number> {
  const counts = new Map<Reason, number>()
  for (const { reason } of rejected) counts.set(reason as Reason, (counts.get(reason as Reason) ?? 0) + 1)
  return counts
}
