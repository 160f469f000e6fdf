import { createClient } from './amberflo/client.js'
import { createCustomerWriter } from './amberflo/customers.js'
import { createLock } from './lock.js'
import type { Send } from './amberflo/transport.js'
import { createDirectSink } from './direct-sink.js'
import type { Settings } from './options.js'
import type { Sink } from './sink.js'
import { createSpooledSink } from './spool/spooled-sink.js'
import { spoolOpener } from './spools.js'

/** The way to Amberflo that the settings ask for. `send` is how requests get there. */
export function openSink(settings: Settings, send: Send): Sink {
  const { amberfloUrl: url, apiKey, upstreamTimeoutMs: timeoutMs, observe, now, spool } = settings
  const client = createClient({ url, apiKey, timeoutMs, observe, now, send })
  if (spool === undefined) return createDirectSink({ client, writeCustomer: createCustomerWriter(client, createLock()), observe, now })
  const openSpool = typeof spool === 'string' ? spoolOpener(spool) : async () => spool
  return createSpooledSink({ openSpool, client, observe, now })
}
