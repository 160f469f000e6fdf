import type { Spool } from './spool/spool.js'

/** Gives what opens a spool by its URL. What opens files and sockets runs on Node alone, and is loaded only then. */
export const spoolOpener = (url: string) => async (): Promise<Spool> => {
  const { openSpool } = await import('./spool/open.js')
  return openSpool(url)
}
