/**
 * Writes the parts of docs/segment.md that are made from the definition of the actions.
 * `--check` writes nothing, and fails when they are out of date.
 */
import { build } from 'esbuild'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { standIns } from './stand-ins.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const FILE = 'docs/segment.md'

const { outputFiles } = await build({
  entryPoints: ['src/plugin/subscriptions/definition.ts'],
  bundle: true,
  format: 'esm',
  write: false,
  external: Object.keys(standIns),
})
const { definition } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)

const code = (value) => `\`${JSON.stringify(value)}\``.replaceAll('|', '\\|')

const parts = {
  actions: () =>
    Object.entries(definition.actions)
      .map(([key, { description, fields }]) => {
        const rows = Object.entries(fields).map(([name, field]) => `| \`${name}\` | ${field.type} | ${code(field.default)} | ${field.description} |`)
        return [`### Action \`${key}\``, '', description, '', '| Field | Type | Default | |', '|---|---|---|---|', ...rows].join('\n')
      })
      .join('\n\n'),
  presets: () => ['```json', `[\n${definition.presets.map(preset).join(',\n')}\n]`, '```'].join('\n'),
}

/** A subscription as JSON, with a line for each of its fields. */
const preset = ({ name, partnerAction, subscribe, mapping }) => {
  const head = JSON.stringify({ name, enabled: true, partnerAction, subscribe }).slice(0, -1)
  const fields = Object.entries(mapping).map(([field, value]) => `    ${JSON.stringify(field)}: ${JSON.stringify(value)}`)
  return `  ${head},"mapping":{\n${fields.join(',\n')}\n  }}`
}

const before = await readFile(FILE, 'utf8')
const after = Object.entries(parts).reduce((text, [name, make]) => {
  const begin = `<!-- made by \`npm run docs\`: ${name} -->`
  const [head, rest] = text.split(begin)
  if (rest === undefined) throw new Error(`${FILE} has no place for: ${name}`)
  return `${head}${begin}\n${make()}\n${rest.slice(rest.indexOf('<!-- end -->'))}`
}, before)

if (!process.argv.includes('--check')) await writeFile(FILE, after)
else if (after !== before) {
  console.error(`${FILE} is out of date: npm run docs`)
  process.exitCode = 1
}
