/**
 * Builds everything that is published, into dist/: npm's browser files, the CDN's, the server's, and the types.
 * It is built elsewhere and then put in place, so that a failed build leaves the last good one.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import webpack from 'webpack'
import webpackConfig from '../webpack.config.js'
import { standIns } from './stand-ins.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

// As deep as dist/, so that source maps have the right paths.
const out = `.build-${process.pid}`
const cdn = `${out}/cdn`

const shared = { bundle: true, format: 'esm', splitting: true, outdir: out, sourcemap: true, logLevel: 'warning', charset: 'utf8' }

const putStandIns = {
  name: 'stand-ins',
  setup({ onResolve }) {
    onResolve({ filter: /^[@\w]/ }, ({ path }) => (Object.hasOwn(standIns, path) ? { path: `${process.cwd()}/${standIns[path]}` } : undefined))
  },
}

/** What a page's own bundler takes in: nothing outside it is left to resolve. */
const forBundlers = () =>
  build({
    ...shared,
    platform: 'browser',
    target: 'es2020',
    chunkNames: '[name]-[hash]',
    entryPoints: { index: 'src/index.ts' },
    plugins: [putStandIns],
  })

/** What runs on a server: dependencies stay imports. */
const forServers = () =>
  build({
    ...shared,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    chunkNames: 'server/[name]-[hash]',
    entryPoints: {
      collector: 'src/collector/index.ts',
      'server/bin': 'src/collector/server/bin.ts',
    },
  }).then(() => chmod(`${out}/server/bin.js`, 0o755))

/** Amberflo's sandbox, to import and to run: one file, and nothing to install beside it. */
const forTrying = () => build({ ...shared, splitting: false, platform: 'node', target: 'node20', entryPoints: { sandbox: 'src/sandbox/server.ts' } })

/** The collector for workers: one file, and nothing of Node's in it. */
const forWorkers = () =>
  build({
    ...shared,
    splitting: false,
    platform: 'browser',
    target: 'es2022',
    external: ['jose'],
    entryPoints: { 'collector.edge': 'src/collector/index.ts' },
    // What is different there has a file of its own beside it.
    plugins: [{ name: 'edge', setup: ({ onResolve }) => onResolve({ filter: /\/(spools|turn)\.js$/ }, ({ path, resolveDir }) => ({ path: `${resolveDir}/${path.replace('.js', '.edge.ts')}` })) }],
  })

const forScripts = async () => {
  const configs = webpackConfig.map((config) => ({ ...config, output: { ...config.output, path: `${process.cwd()}/${cdn}` } }))
  const stats = await promisify(webpack)(configs)
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true, errorDetails: true }))
  await copyFile(`${cdn}/amberflo.min.js`, `${cdn}/amberflo-${version}.min.js`)
  await writeFile(`${cdn}/integrity.json`, `${JSON.stringify(await hashesOf(cdn), null, 2)}\n`)
}

/** The Subresource Integrity hash of each script in a folder. */
const hashesOf = async (folder) => {
  const scripts = (await readdir(folder)).filter((file) => file.endsWith('.js')).sort()
  const hash = async (file) => `sha384-${createHash('sha384').update(await readFile(`${folder}/${file}`)).digest('base64')}`
  return Object.fromEntries(await Promise.all(scripts.map(async (file) => [file, await hash(file)])))
}

const types = async () => {
  const folder = `${out}/types`
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', folder]).catch((error) => {
    throw new Error(error.stdout || error.message)
  })
  // Who loads Analytics.js by its snippet need not have its package: its types are then `any`, and no errors.
  for (const file of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.d.ts'))) {
    const text = await readFile(`${folder}/${file}`, 'utf8')
    await writeFile(`${folder}/${file}`, text.replace(/^import type .*'@segment\//gm, '/** @ts-ignore */\n$&'))
  }
}

const parts = [forBundlers, forServers, forTrying, forWorkers, forScripts, ...(process.argv.includes('--no-types') ? [] : [types])]
try {
  await mkdir(out)
  const results = await Promise.allSettled(parts.map((part) => part()))
  for (const { reason } of results) if (reason) console.error(reason.message)
  if (results.some(({ status }) => status === 'rejected')) process.exitCode = 1
  else {
    await rename('dist', `${out}.old`).catch(() => {})
    await rename(out, 'dist')
  }
} finally {
  await Promise.all([out, `${out}.old`].map((folder) => rm(folder, { recursive: true, force: true })))
}
