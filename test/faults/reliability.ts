import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in docs/reliability.md. */
export function writeBetweenMarkers(name: string, text: string): void {
  const file = join(process.cwd(), 'docs/reliability.md')
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const page = readFileSync(file, 'utf8')
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no place for ${name}`)
  writeFileSync(file, `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`)
}
