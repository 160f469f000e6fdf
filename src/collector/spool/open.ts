import type { Spool, SpoolOptions } from './spool.js'

/** Where a spool may be, and what opens it; each is loaded only when it is asked for. */
const openers: Record<string, (url: string, options: SpoolOptions) => Promise<Spool>> = {
  'sqlite:': async (url, options) => (await import('./sqlite.js')).openSqlite(url.slice('sqlite:'.length).replace(/^\/\/(?=[^/]*\/)/, ''), options),
}

/**
 * Opens the spool of a URL: `sqlite:FILE`, or `redis://…` and `rediss://…`.
 * @throws Error when there is no such spool, or it cannot be had
 */
export async function openSpool(url: string, options: SpoolOptions = {}): Promise<Spool> {
  const scheme = /^[a-z]+:/i.exec(url)?.[0].toLowerCase() ?? ''
  const open = openers[scheme]
  if (!open || url.length === scheme.length) throw new TypeError('a spool is sqlite:FILE or redis://…')
  return open(url, options)
}
