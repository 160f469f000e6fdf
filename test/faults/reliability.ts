import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { table } from '../../src/beacon/states.js'
import { faults } from './faults.js'

const file = join(process.cwd(), 'docs/reliability.md')
const begin = (part: string): string => `<!-- made by \`npm run faults -- --write\`: ${part} -->`
const end = '<!-- end -->'

/** What each fault does, for people. */
export const descriptions = (): string => faults.map(({ name, what }) => `- **${name}**: ${what}`).join('\n')

/** The courier's table, from its own data, and what its events mean, from the comments beside them. */
export function states(): string {
  const source = readFileSync(join(process.cwd(), 'src/beacon/states.ts'), 'utf8')
  const meanings = [...source.matchAll(/^ {2}\| '?(\w+)'? \/\/ (.+)$/gm)].map(([, event, meaning]) => ({ event: event!, meaning: meaning! }))
  const columns = Object.keys(table)
  const cell = (state: string, event: string): string => (table as Record<string, Record<string, string>>)[state]![event] ?? ''
  return [
    `| | ${columns.map((state) => `**${state}**`).join(' | ')} |`,
    `|---|${columns.map(() => '---').join('|')}|`,
    ...meanings.map(({ event, meaning }) => `| **${event}**: ${meaning} | ${columns.map((state) => cell(state, event)).join(' | ')} |`),
  ].join('\n')
}

/** What docs/reliability.md has in a part that is made by the suite. */
export function readPart(part: string): string {
  const [, rest] = readFileSync(file, 'utf8').split(begin(part))
  if (rest === undefined) throw new Error(`docs/reliability.md has no place for: ${part}`)
  return rest.slice(0, rest.indexOf(end)).trim()
}

export function writePart(part: string, text: string): void {
  const [head, rest] = readFileSync(file, 'utf8').split(begin(part))
  if (rest === undefined) throw new Error(`docs/reliability.md has no place for: ${part}`)
  writeFileSync(file, `${head}${begin(part)}\n\n${text}\n\n${rest.slice(rest.indexOf(end))}`)
}
