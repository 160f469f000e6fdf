import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openSpool } from '../spool/open.js'
import type { Spool } from '../spool/spool.js'
import { parseSpoolUrl } from '../spool/url.js'
import { ConfigError, type ServerSettings } from './environment.js'

/** The commands on dead letters; they may run beside a collector that uses the same spool. */
const commands: Record<string, (spool: Spool, leases: string[]) => Promise<void>> = {
  async list(spool) {
    for (const { diedAt, ...letter } of await spool.listDead(Number.MAX_SAFE_INTEGER)) {
      process.stdout.write(`${JSON.stringify({ ...letter, diedAt: new Date(diedAt).toISOString() })}\n`)
    }
  },
  async retry(spool, leases) {
    const count = await spool.retryDead(leases.length > 0 ? leases : undefined)
    process.stdout.write(`${count} to be sent again\n`)
  },
}

/** @throws ConfigError when there is no such command, or no spool; none is made */
export async function deadLetters([name = '', ...leases]: string[], { spoolUrl, spoolOptions }: ServerSettings): Promise<void> {
  const command = commands[name]
  if (!command) throw new ConfigError(`dead must be followed by ${Object.keys(commands).join(' or ')}`)
  if (!spoolUrl) throw new ConfigError('COLLECTOR_SPOOL is missing: dead letters are kept in a spool')
  const place = parseSpoolUrl(spoolUrl)
  if (place?.kind === 'sqlite' && !existsSync(place.file)) throw new ConfigError(`COLLECTOR_SPOOL: there is no file ${resolve(place.file)}`)
  const spool = await openSpool(spoolUrl, spoolOptions).catch((error: Error) => {
    throw new ConfigError(`COLLECTOR_SPOOL cannot be opened: ${error.message}`)
  })
  await command(spool, leases).finally(() => spool.close())
}
