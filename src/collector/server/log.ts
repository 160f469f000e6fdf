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
    const { type, ...fields } = event
    switch (event.type) {
      case 'taken':
        return log.debug(fields, 'batch taken')
      case 'rejected':
        return log.info(fields, 'rejected alone')
      case 'refused':
        return log[event.status >= 500 ? 'warn' : 'info'](fields, 'batch refused')
      case 'upstream':
        return log[event.status >= 200 && event.status < 300 ? 'debug' : 'warn'](fields, 'request to Amberflo')
      case 'alarm':
        return log.error({ alarm: event.alarm, ...event.detail }, alarms[event.alarm])
      default:
        return log.debug(fields, type)
    }
  }
}
