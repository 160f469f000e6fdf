import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, Record<string, string>> }

/** The published file that a bundler takes for `amberflo-destination/collector`. */
const published = (condition: string) => resolve(exports['./collector']?.[condition] ?? '')

/** Bundles a file of `examples/` as its own tools would, with the package as it is published. */
export async function bundleExample(file: string, target: 'node' | 'worker'): Promise<{ outfile: string; remove: () => void }> {
  const collector = published(target === 'node' ? 'default' : 'workerd')
  if (!existsSync(collector)) execFileSync(process.execPath, ['scripts/build.mjs', '--no-types'])
  mkdirSync('.cache', { recursive: true })
  const folder = mkdtempSync('.cache/example-')
  const outfile = resolve(folder, target === 'node' ? 'example.cjs' : 'example.mjs')
  await build({
    entryPoints: [`examples/${file}`],
    outfile,
    bundle: true,
    logLevel: 'silent',
    alias: { 'amberflo-destination/collector': collector },
    ...(target === 'node' ? { platform: 'node', format: 'cjs' } : { platform: 'browser', format: 'esm', conditions: ['workerd', 'worker'] }),
  })
  return { outfile, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
