import type { Spool } from './spool/spool.js'

/**
 * Stands in for `spools.ts` where there are no files and sockets, so that a worker's bundle holds nothing of Node's.
 * @throws TypeError at once: a collector that could never take anything had better not be made
 */
export function spoolOpener(_url: string): () => Promise<Spool> {
  throw new TypeError('createCollector: `spool` by URL needs Node; leave it out here')
}
