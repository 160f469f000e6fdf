import { destination, pino, type DestinationStream, type Logger } from 'pino'
import { alarms, type CollectorEvent } from '../events.js'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One JSON object a line, on stderr: stdout says only where the collector listens. */
export const createLog = (level: LogLevel, stream: DestinationStream = destination(2)): Logger =>
  pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } }, stream)

/** How an event reads in the log. Events hold no ids, bodies or secrets, so that a line may hold all of one. */
export function logEvents(log: Logger): (event: CollectorEvent) => void {
  return (event) => {
    const { type } = event
    const level = levelOf(event)
    // Most are for debugging, and are not even put together then.
    if (!log.isLevelEnabled(level)) return
    if (type === 'alarm') return log[level]({ alarm: event.alarm, ...event.detail }, alarms[event.alarm])
    const { type: _, ...fields } = event
    log[level](fields, messages[type])
  }
}

const messages = { taken: 'batch taken', rejected: 'rejected alone', refused: 'batch refused', upstream: 'request to Amberflo' }

function levelOf(event: CollectorEvent): 'debug' | 'info' | 'warn' | 'error' {
  switch (event.type) {
    case 'taken':
      return 'debug'
    case 'rejected':
      return 'info'
    case 'refused':
      return event.status >= 500 ? 'warn' : 'info'
    case 'upstream':
      return event.status >= 200 && event.status < 300 ? 'debug' : 'warn'
    case 'alarm':
      return 'error'
  }
}
