/**
 * Writes the parts of README.md that are made from the sources and the build: the settings, the CDN's hash and size.
 * `--check` writes nothing, and fails when they are out of date.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliBytes } from './brotli.mjs'
import { importTypeScript } from './import-ts.mjs'
import { writeParts } from './parts.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const read = (path) => readFile(path, 'utf8')

/** The doc comments of an interface's members, by the setting that they explain, each as one line. */
function docsOf(source, name, prefix = '') {
  const [, body] = new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)
  const members = body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+)\??:/g)
  return Object.fromEntries([...members].map(([, text, member]) => [prefix + member, text.replace(/\s*\n\s*\*\s?/g, ' ').trim()]))
}

async function settings() {
  const { table } = await importTypeScript('src/plugin/settings.ts')
  const docs = {
    ...docsOf(await read('src/plugin/types.ts'), 'AmberfloSettings'),
    ...docsOf(await read('src/mapping/meter.ts'), 'MeterNames', 'meters.'),
    ...docsOf(await read('src/mapping/dimensions.ts'), 'DimensionFilter', 'dimensions.'),
  }
  const cell = (text) => text.replaceAll('|', '\\|')
  const row = (name, type) => {
    const [text, initial] = (docs[name.replace(/\.\*$/, '')] ?? '').split(/ ?@default /)
    return `| \`${name}\` | ${cell(type)} | ${name === 'collectorUrl' ? 'required' : initial ? `\`${initial}\`` : ''} | ${cell(text)} |`
  }

  const rowsOf = (rules, path = '') =>
    Object.entries(rules).flatMap(([key, rule]) => {
      const name = path + (key === '0' ? '*' : key)
      if (typeof rule === 'string') return [row(name, `\`${rule}\``)]
      if (Array.isArray(rule)) return [row(name, `\`${rule}[]\``)]
      return [...(docs[name] && !rule[0] ? [row(name, 'object')] : []), ...rowsOf(rule, `${name}.`)]
    })
  return ['| Setting | Type | Default | |', '|---|---|---|---|', ...rowsOf(table)].join('\n')
}

async function cdn() {
  const { version } = JSON.parse(await read('package.json'))
  const integrity = JSON.parse(await read('dist/cdn/integrity.json'))
  const bytes = brotliBytes(await readFile('dist/cdn/amberflo.min.js')).toLocaleString('en-US')
  return `\`\`\`html
<script
  src="https://cdn.jsdelivr.net/npm/amberflo-destination@${version}/dist/cdn/amberflo.min.js"
  integrity="${integrity['amberflo.min.js']}"
  crossorigin="anonymous"
></script>
<script>
  // after Segment's own snippet
  analytics.register(amberfloDestination({ collectorUrl: 'https://usage.example.com' }))
</script>
\`\`\`

The file is ${bytes} bytes brotli, and sets one global: \`amberfloDestination\`.`
}

await writeParts('README.md', 'readme', { settings, cdn })
