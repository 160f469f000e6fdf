import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder given, or one of our own that `remove` takes away again. */
export function profileFolder(given: string | undefined): { path: string; remove(): void } {
  if (given) {
    mkdirSync(given, { recursive: true })
    return { path: given, remove() {} }
  }
  const path = mkdtempSync(join(tmpdir(), 'amberflo-browser-'))
  // The browser's last writes may race with the removal; what is left then is small and in the temporary folder.
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}
