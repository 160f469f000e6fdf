/**
 * Writes the parts of docs/segment.md that are made from the definition of the actions.
 * `--check` writes nothing, and fails when they are out of date.
 */
import { fileURLToPath } from 'node:url'
import { importTypeScript } from './import-ts.mjs'
import { writeParts } from './parts.mjs'
import { standIns } from './stand-ins.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const { definition } = await importTypeScript('src/plugin/subscriptions/definition.ts', Object.keys(standIns))

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

await writeParts('docs/segment.md', 'docs', parts)
