/** Builds everything that is published, into dist/: npm's browser files, the CDN's, the server's, and the types. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import webpack from 'webpack'
import webpackConfig from '../webpack.config.js'

process.chdir(new URL('..', import.meta.url).pathname)
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

const shared = { bundle: true, format: 'esm', outdir: 'dist', sourcemap: true, logLevel: 'warning', charset: 'utf8' }
const existing = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)))

/** What a page's own bundler takes in: nothing outside it is left to resolve. */
const forBundlers = () =>
  build({
    ...shared,
    platform: 'browser',
    target: 'es2020',
    splitting: true,
    chunkNames: '[name]-[hash]',
    entryPoints: { index: 'src/index.ts' },
  })

/** What runs on a server: dependencies stay imports. */
const forServers = () =>
  build({
    ...shared,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    splitting: true,
    chunkNames: 'server/[name]-[hash]',
    entryPoints: existing({
      collector: 'src/collector/index.ts',
      'server/bin': 'src/collector/server/bin.ts',
      sandbox: 'src/sandbox/server.ts',
    }),
  })

const forScripts = () =>
  new Promise((resolve, reject) => {
    webpack(webpackConfig, (error, stats) => {
      if (error) reject(error)
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true, errorDetails: true })))
      else resolve()
    })
  })

/** The copies that may be cached for ever, and the Subresource Integrity hash of each file. */
const publishScripts = async () => {
  await copyFile('dist/cdn/amberflo.min.js', `dist/cdn/amberflo-${version}.min.js`)
  const files = (await readdir('dist/cdn')).filter((file) => file.endsWith('.js')).sort()
  const hashes = await Promise.all(
    files.map(async (file) => {
      const hash = createHash('sha384').update(await readFile(`dist/cdn/${file}`)).digest('base64')
      return [file, `sha384-${hash}`]
    }),
  )
  await writeFile('dist/cdn/integrity.json', `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`)
}

await rm('dist', { recursive: true, force: true })
await Promise.all([forBundlers(), forServers(), forScripts().then(publishScripts)])
if (existsSync('dist/server/bin.js')) await chmod('dist/server/bin.js', 0o755)
if (!process.argv.includes('--no-types')) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
}
