/** The weight of the CDN bundle, to the byte, and the gate: a ceiling, and the number that the README quotes. */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { brotliBytes } from './brotli.mjs'

const CEILING = 6_746
const FILE = 'dist/cdn/amberflo.min.js'

const root = new URL('..', import.meta.url)
const source = await readFile(new URL(FILE, root))
const brotli = brotliBytes(source)
const gzip = gzipSync(source, { level: 9 }).length

const bytes = (count) => count.toLocaleString('en-US')
console.log(`${FILE}: ${bytes(source.length)} bytes minified, ${bytes(gzip)} gzip, ${bytes(brotli)} brotli (ceiling ${bytes(CEILING)})`)

const complain = (message) => {
  console.error(message)
  process.exitCode = 1
}
if (brotli > CEILING) complain(`${bytes(brotli - CEILING)} bytes over the ceiling`)

const readme = await readFile(new URL('README.md', root), 'utf8')
const quoted = [...readme.matchAll(/([\d,]+) bytes (?:of )?brotli/gi)].map(([, number]) => number)
if (!quoted.length) complain('README.md does not quote the size: say "N bytes brotli"')
for (const number of quoted) {
  if (Number(number.replaceAll(',', '')) !== brotli) complain(`README.md says ${number} bytes brotli, the bundle has ${bytes(brotli)}`)
}
