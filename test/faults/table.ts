import type { EngineName } from '../engines/index.js'
import { isBad, type Outcome } from './outcome.js'

const NAMES: Record<EngineName, string> = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKitGTK' }

/** One line a fault, one column an engine: tracked / arrived / metered twice / requests, of both places of the collector together. */
export function tableOf(outcomes: readonly Outcome[], engines: readonly { engine: EngineName; version: string }[]): string {
  const names = [...new Set(outcomes.map(({ fault }) => fault))]
  const cell = (fault: string, engine: EngineName): string => {
    const all = outcomes.filter((outcome) => outcome.fault === fault && outcome.engine === engine)
    const done = all.filter(({ notApplicable }) => notApplicable === undefined)
    if (all.length === 0) return ''
    if (done.length === 0) return `n/a: ${all[0]!.notApplicable}`
    const sum = (field: 'tracked' | 'arrived' | 'doubled' | 'requests'): number => done.reduce((total, outcome) => total + outcome[field], 0)
    const counts = `${sum('tracked')} / ${sum('arrived')} / ${sum('doubled')} / ${sum('requests')}`
    return done.some(isBad) ? `${counts} ✗` : counts
  }
  const rows = [
    ['Fault', ...engines.map(({ engine, version }) => `${NAMES[engine]} ${version}`)],
    ...names.map((fault) => [fault, ...engines.map(({ engine }) => cell(fault, engine))]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: string[]): string => `| ${row.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`
  return [line(rows[0]!), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n')
}
