import type { Spool } from './spool/spool.js'

/** Opens a spool by its URL. Loaded only when asked for: what opens files and sockets runs on Node alone. */
export async function openSpoolByUrl(url: string): Promise<Spool> {
  const { openSpool } = await import('./spool/open.js')
  return openSpool(url)
}
