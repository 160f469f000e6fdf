import { createLog, logEvents } from './log.js'
import type { LogLevel } from './log.js'

function logAt(level: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const log = createLog(level, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  return { lines, log, tell: logEvents(log) }
}

it('writes events as lines of JSON, by their weight', () => {
  const { lines, tell } = logAt('trace')
  tell({ type: 'taken', accepted: 2, duplicates: 0 })
  tell({ type: 'rejected', reason: 'in_future', count: 1 })
  tell({ type: 'refused', status: 401, error: 'bad_token' })
  tell({ type: 'refused', status: 503, error: 'spool_full' })
  tell({ type: 'upstream', method: 'POST', path: '/ingest', status: 200, ms: 12 })
  tell({ type: 'upstream', method: 'POST', path: '/ingest', status: 0, ms: 12 })
  tell({ type: 'alarm', alarm: 'count_mismatch', detail: { sent: 2, ingested: 1 } })
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'info', 'info', 'warn', 'debug', 'warn', 'error'])
  expect(lines[1]).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), reason: 'in_future', count: 1, msg: 'rejected alone' })
  expect(lines[6]).toMatchObject({ alarm: 'count_mismatch', sent: 2, ingested: 1, msg: 'Amberflo ingested another number of records than were sent' })
})

it('says nothing of a good day by default', () => {
  const { lines, tell } = logAt('info')
  tell({ type: 'taken', accepted: 2, duplicates: 0 })
  tell({ type: 'upstream', method: 'POST', path: '/ingest', status: 200, ms: 12 })
  expect(lines).toEqual([])
})
