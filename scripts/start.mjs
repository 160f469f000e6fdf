/** `npm start`: installs and builds what is missing, then runs page, collector and Amberflo's sandbox, and prints one URL. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'

process.chdir(new URL('..', import.meta.url).pathname)

const DEFAULT_PORT = 4321
const sources = ['src', 'scripts/build.mjs', 'webpack.config.js', 'tsconfig.json', 'tsconfig.build.json', 'package.json']
const outputs = ['dist/cdn/amberflo.min.js', 'dist/collector.js', 'dist/sandbox.js', 'dist/server/bin.js']

function fail(message) {
  console.error(message)
  process.exit(1)
}

function npm(...args) {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
  if (status !== 0) fail(`npm ${args.join(' ')} failed`)
}

const newest = (path) =>
  statSync(path).isDirectory()
    ? Math.max(...readdirSync(path).map((name) => newest(`${path}/${name}`)))
    : statSync(path).mtimeMs

function isStale() {
  if (!outputs.every((path) => existsSync(path))) return true
  const builtAt = Math.min(...outputs.map((path) => statSync(path).mtimeMs))
  return sources.filter((path) => existsSync(path)).some((path) => newest(path) > builtAt)
}

if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed; this is ${process.version}`)
const port = Number(process.env.PORT || DEFAULT_PORT)
if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`PORT must be a number from 0 to 65535, not "${process.env.PORT}"`)

if (!existsSync('node_modules/.package-lock.json')) {
  console.log('Installing …')
  npm('ci', '--include=dev', '--no-audit', '--no-fund')
}
if (isStale()) {
  console.log('Building …')
  npm('run', '--silent', 'build')
}

const { startPlayground } = await import('../playground/server/playground.mjs')
const host = process.env.HOST || '127.0.0.1'
const playground = await startPlayground({ port, host, env: process.env }).catch((error) =>
  fail(error.code === 'EADDRINUSE' ? `Port ${port} is taken. Try another: PORT=${port + 1} npm start` : error.message),
)

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  await playground.close()
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
playground.failed.then((lastLines) => {
  if (!stopping) fail(`The collector ended by itself.\n${lastLines}`)
})

console.log(
  playground.kind === 'sandbox'
    ? 'Usage goes to an Amberflo sandbox in this process. Set AMBERFLO_API_KEY to use the real one.'
    : 'Usage goes to the real Amberflo.',
)
console.log(`\n  ${playground.url}\n\nCtrl-C ends everything.`)
