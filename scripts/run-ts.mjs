/** `node scripts/run-ts.mjs FILE.ts [ARGUMENT…]`: runs a TypeScript program on any Node that the package supports. */
import { mkdirSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [source] = process.argv.splice(2, 1)
const outfile = `.cache/${basename(source, '.ts')}-${process.pid}.mjs`
mkdirSync('.cache', { recursive: true })
buildSync({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', sourcemap: 'inline' })
process.setSourceMapsEnabled(true)
process.on('exit', () => rmSync(outfile, { force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
await import(pathToFileURL(outfile).href)
