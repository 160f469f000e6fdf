import type { Spool, SpoolOptions } from './spool.js'
import { parseSpoolUrl } from './url.js'

/**
 * Opens the spool of a URL; what it needs is loaded only then.
 * @throws Error when there is no such spool, or it cannot be had
 */
export async function openSpool(url: string, options: SpoolOptions = {}): Promise<Spool> {
  const place = parseSpoolUrl(url)
  if (place === null) throw new TypeError('a spool is sqlite:FILE or redis://…')
  if (place.kind === 'sqlite') return (await import('./sqlite.js')).openSqlite(place.file, options)
  return (await import('./redis.js')).openRedis(place.url, options)
}
