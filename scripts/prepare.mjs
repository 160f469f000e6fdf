/** What must be there before anything can run: a Node that will do, the packages, and a build of what the sources say now. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = ['src', 'scripts/build.mjs', 'scripts/stand-ins.mjs', 'webpack.config.js', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json']
const outputs = ['dist/cdn/amberflo.min.js', 'dist/collector.js', 'dist/sandbox.js', 'dist/server/bin.js', 'dist/types/index.d.ts']

export function fail(message) {
  console.error(message)
  process.exit(1)
}

/** What it prints is progress: the standard output is left to who asked for this, as to `npm pack`, which prints a name there. */
function npm(...args) {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(command, args, { stdio: ['ignore', process.stderr, 'inherit'], shell: process.platform === 'win32' })
  if (status !== 0) fail(`npm ${args.join(' ')} failed`)
}

/** The one package that has to be compiled where no ready-made file can be had; only the tests need it. */
const compiled = { name: 'better-sqlite3', file: 'node_modules/better-sqlite3/build/Release/better_sqlite3.node' }

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity)

/** When the path, or anything below it that is built, was last changed. */
const newest = (path) =>
  existsSync(path) && statSync(path).isDirectory()
    ? Math.max(...readdirSync(path).filter((name) => !name.endsWith('.test.ts')).map((name) => newest(`${path}/${name}`)))
    : changedAt(path)

/** Whether each package that the lock asks for is there in that version; npm notes what it has installed in a lock of its own. */
function isInstalled() {
  const packagesOf = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {})
  const there = packagesOf('node_modules/.package-lock.json')
  return Object.entries(packagesOf('package-lock.json'))
    .every(([path, { version, optional }]) => path === '' || optional || there[path]?.version === version)
}

/**
 * Changes into the project's folder; installs and builds what is missing or older than what it is made from.
 *
 * @param {{ forTests: boolean }} options without the tests no compiler is needed
 */
export function prepare({ forTests }) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed; this is ${process.version}`)

  if (!isInstalled()) {
    console.error('Installing …')
    // Said, since `npm publish --dry-run` says the contrary to all that it runs.
    npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-dry-run')
  }
  if (forTests && !existsSync(compiled.file)) npm('rebuild', compiled.name)
  if (Math.min(...outputs.map(changedAt)) < Math.max(...sources.map(newest))) {
    console.error('Building …')
    npm('run', '--silent', 'build')
  }
}
