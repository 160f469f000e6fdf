/**
 * Sees to the programs that the tests need and npm does not have: Chrome or Chromium, and Redis. Root on Debian has
 * what is missing installed; anybody else is told how to, and it fails.
 */
import { spawnSync } from 'node:child_process'
import { chromePath, findExecutable } from './find.js'

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const programs = [
  { find: chromePath, debian: 'chromium', macos: '--cask google-chrome' },
  { find: () => findExecutable(['redis-server']), debian: 'redis-server', macos: 'redis' },
]

const isMissing = ({ find }: (typeof programs)[number]): boolean => {
  try {
    return !find()
  } catch (error) {
    // A browser that was named and is not there is the caller's to mend.
    if (process.env.CHROME_PATH) fail((error as Error).message)
    return true
  }
}

const missing = () => programs.filter(isMissing)

const packages = missing().map(({ debian }) => debian)
if (packages.length && process.getuid?.() === 0 && findExecutable(['apt-get'])) {
  console.log(`Installing ${packages.join(', ')} …`)
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  apt('update')
  apt('install', '-y', '--no-install-recommends', ...packages)
}

const left = missing()
if (left.length) {
  fail(`The tests need what is not here; install it, or set CHROME_PATH to a Chrome or Chromium that is.
  Debian  sudo apt-get install ${left.map(({ debian }) => debian).join(' ')}
  macOS   ${left.map(({ macos }) => `brew install ${macos}`).join(' && ')}`)
}
