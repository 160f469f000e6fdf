import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EngineMissingError } from './door.js'

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first of these that can be run: an absolute path as it is, a bare name along `PATH`. */
export function findExecutable(candidates: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return candidates
    .flatMap((candidate) => (candidate.includes('/') ? [candidate] : folders.map((folder) => join(folder, candidate))))
    .find(isExecutable)
}

export function requireExecutable(candidates: readonly string[], advice: string): string {
  const found = findExecutable(candidates)
  if (!found) throw new EngineMissingError(advice)
  return found
}

/** Where Chrome and Chromium are installed on Debian and macOS. */
const chromes = [
  'chromium',
  'google-chrome-stable',
  'google-chrome',
  'chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  `${process.env.HOME}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`,
]

/** @throws EngineMissingError when there is none, or when `CHROME_PATH` names none. */
export function chromePath(): string {
  const named = process.env.CHROME_PATH
  return named
    ? requireExecutable([named], `CHROME_PATH is ${named}, which cannot be run. Set it to a Chrome or Chromium.`)
    : requireExecutable(chromes, 'No Chrome or Chromium was found. Install one (Debian: apt-get install chromium; macOS: brew install --cask google-chrome), or set CHROME_PATH.')
}
