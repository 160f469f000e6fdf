import { faults } from './faults.js'
import { descriptions, readPart, states } from './reliability.js'

describe('docs/reliability.md', () => {
  it('describes each fault as the suite does', () => {
    expect(readPart('descriptions')).toBe(descriptions())
  })

  it('shows the table that the courier follows', () => {
    expect(states().split('\n')).toHaveLength(16)
    expect(readPart('states')).toBe(states())
  })

  it.each(['faults', 'plain'])('has a result for every fault: %s', (part) => {
    const rows = readPart(part).split('\n').slice(2)
    expect(rows.map((row) => row.split('|')[1]!.trim())).toEqual(faults.map(({ name }) => name))
  })

  it('shows no loss and nothing metered twice by the plugin', () => {
    const cells = readPart('faults').split('\n').slice(2).flatMap((row) => row.split('|').slice(2, -1))
    expect(cells).toHaveLength(faults.length * 3)
    for (const cell of cells) {
      const [, tracked, arrived, twice] = /^ *(\d+) \/ (\d+) \/ (\d+) \/ \d+ *$/.exec(cell) ?? [cell]
      expect({ cell, arrived, twice }).toEqual({ cell, arrived: tracked, twice: '0' })
    }
  })
})
