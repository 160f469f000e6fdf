import type { Spool } from './spool/spool.js'

/** Stands in for `spools.ts` where there are no files and sockets, so that a worker's bundle holds nothing of Node's. */
export function openSpoolByUrl(_url: string): Promise<Spool> {
  return Promise.reject(new TypeError('createCollector: `spool` by URL needs Node; leave it out here'))
}
