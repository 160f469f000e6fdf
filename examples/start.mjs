/**
 * `npm start` of an example: installs and builds what is missing, then runs the command that it is given with
 * AMBERFLO_API_KEY, AMBERFLO_URL and COLLECTOR_TOKEN_SECRET in its environment. Without a key of your own, usage goes
 * to a sandbox of Amberflo in this process.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const shell = process.platform === 'win32'

function npm(cwd, ...args) {
  const { status } = spawnSync('npm', [...args, '--no-audit', '--no-fund'], { cwd, stdio: 'inherit', shell })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(`${root}/dist/sandbox.js`)) {
  npm(root, 'ci')
  npm(root, 'run', 'build')
}
if (!existsSync('node_modules')) npm('.', 'install')

async function amberflo() {
  if (process.env.AMBERFLO_API_KEY) return {}
  const { serveSandbox } = await import('../dist/sandbox.js')
  const apiKey = randomBytes(16).toString('hex')
  const { url } = await serveSandbox({ apiKey })
  console.log(`Amberflo's sandbox holds what arrives: ${url}/sandbox/records`)
  return { AMBERFLO_API_KEY: apiKey, AMBERFLO_URL: url }
}

const [command, ...args] = process.argv.slice(2)
const tokenSecret = randomBytes(32).toString('hex')
const child = spawn(command, args, {
  stdio: 'inherit',
  shell,
  env: { COLLECTOR_TOKEN_SECRET: tokenSecret, ...process.env, ...(await amberflo()) },
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (status) => process.exit(status ?? 0))
