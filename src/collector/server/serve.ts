import { setFlagsFromString } from 'node:v8'
import { openCollector } from '../collector.js'
import type { CollectorEvent } from '../events.js'
import { inTime } from '../in-time.js'
import { openSpool } from '../spool/open.js'
import type { Spool, SpoolOptions } from '../spool/spool.js'
import { asConfigError, ConfigError, DRAIN_MS, type ServerSettings } from './environment.js'
import { createHealth } from './health.js'
import { listen } from './listen.js'
import { createLog, logEvents } from './log.js'
import { createMetrics } from './metrics.js'
import { createRoutes } from './routes.js'
import { sendByHttp } from './http-transport.js'

/** Of the time to drain, what is kept for after the last answer. */
const CLOSE_MS = 3_000

/** On a machine with much memory V8 lets garbage grow to several times of what is in use; after a flood that would stay. */
const FRUGAL = '--heap-growing-percent=60'

/**
 * Listens, says so on stdout, and resolves after SIGTERM or SIGINT when all that was in hand is done. A second signal ends at once.
 *
 * @param unknown variables to warn of
 */
export async function serve(settings: ServerSettings, unknown: readonly string[] = []): Promise<void> {
  const { spoolUrl, spoolOptions, logLevel = 'info', host, port = 8787, drainMs = DRAIN_MS, ...options } = settings
  requireProof(settings)
  setFlagsFromString(FRUGAL)
  const stopped = nextSignal()
  let listening = false
  // Nothing is in hand yet.
  void stopped.then(() => listening || process.exit(0))
  const log = createLog(logLevel)
  for (const variable of unknown) log.warn({ variable }, 'there is no such variable; see --help')
  const spool = spoolUrl === undefined ? null : await open(spoolUrl, { ...spoolOptions, warn: (message) => log.warn(message) })
  const stats = spool && (() => spool.stats())
  const metrics = createMetrics(stats)
  const health = createHealth(stats)
  const observers = [logEvents(log), metrics.observe, health.observe]
  let collector: ReturnType<typeof openCollector>
  try {
    const observe = (event: CollectorEvent) => observers.forEach((tell) => tell(event))
    collector = openCollector({ ...options, ...(spool ? { spool } : {}), observe }, sendByHttp())
  } catch (error) {
    throw asConfigError(error)
  }
  const respond = createRoutes({ respond: collector.respond, health, metrics })
  const server = await listen({ respond, host, port }).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`PORT ${port}${host === undefined ? '' : ` of HOST ${host}`} cannot be listened on: ${error.code ?? error.message}`)
  })
  listening = true
  process.stdout.write(`listening on ${server.url}\n`)
  log.info({ url: server.url, spool: spoolUrl?.split(':')[0] ?? 'none' }, 'listening')

  const signal = await stopped
  log.info({ signal }, 'draining')
  health.startDraining()
  void nextSignal().then(() => process.exit(1))
  const endAt = performance.now() + drainMs
  await server.drain(Math.max(0, drainMs - CLOSE_MS))
  await inTime(collector.close(), endAt - performance.now()).then(
    () => log.info('drained'),
    () => log.warn('stopped before all that was in hand was done: a spool has it still, and pages send again what was not answered'),
  )
  process.exit(0)
}

function requireProof({ apiKey, tokenSecret, trustClient }: ServerSettings) {
  if (apiKey === undefined) throw new ConfigError('AMBERFLO_API_KEY is missing: the key that Amberflo gave you, with the right to ingest')
  if (tokenSecret === undefined && trustClient !== true) {
    throw new ConfigError('COLLECTOR_TOKEN_SECRET is missing: a secret of at least 32 bytes or the https URL of a JWKS; or say --trust-client to believe whatever a browser claims')
  }
}

const open = (url: string, options: SpoolOptions): Promise<Spool> =>
  openSpool(url, options).catch((error: Error) => {
    throw new ConfigError(`COLLECTOR_SPOOL cannot be opened: ${error.message.split('\n')[0]}`)
  })

const nextSignal = () =>
  new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve)
  })
