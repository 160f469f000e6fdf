import { element, svg } from '../dom.js'

const ROW = 34
const BAR = 10

/**
 * Usage per meter as bars, largest first: the sum of the values, and from how many records.
 *
 * @param {{ meterApiName: string, meterValue: number }[]} records
 */
export function usageChart(records) {
  const meters = sumByMeter(records)
  if (!meters.length) return element('p', { class: 'empty' }, 'No usage yet.')
  const largest = Math.max(...meters.map(({ value }) => Math.abs(value))) || 1
  const words = meters.map(({ name, value }) => `${name} ${format(value)}`).join(', ')

  const chart = svg('svg', { role: 'img', 'aria-label': `Usage per meter: ${words}`, width: '100%', height: String(meters.length * ROW) })
  meters.forEach(({ name, value, count }, index) => {
    const top = index * ROW
    const share = (Math.abs(value) / largest) * 100
    chart.append(
      // A window of its own: where it is narrow, a long name ends there, and does not run into the numbers.
      svg('svg', { class: 'bar-window', y: String(top), width: '55%', height: '18' }, svg('text', { x: '0', y: '13', class: 'bar-name' }, name.length > 36 ? `${name.slice(0, 35)}…` : name)),
      svg('text', { x: '100%', y: String(top + 13), class: 'bar-value', 'text-anchor': 'end' }, `${format(value)} `, svg('tspan', { class: 'bar-count' }, count === 1 ? 'in 1 record' : `in ${format(count)} records`)),
      svg('rect', { x: '0', y: String(top + 19), width: '100%', height: String(BAR), rx: '2', class: 'bar-track' }),
      svg('rect', { x: '0', y: String(top + 19), width: `${Math.max(share, 0.5)}%`, height: String(BAR), rx: '2', class: value < 0 ? 'bar negative' : 'bar' }),
    )
  })
  return chart
}

function sumByMeter(records) {
  const meters = new Map()
  for (const { meterApiName: name, meterValue } of records) {
    const meter = meters.get(name) ?? { name, value: 0, count: 0 }
    meter.value += meterValue
    meter.count += 1
    meters.set(name, meter)
  }
  return [...meters.values()].sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
}

const format = (number) => number.toLocaleString('en', { maximumFractionDigits: 2 })
