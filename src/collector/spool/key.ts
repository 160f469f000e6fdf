import { load } from './load.js'

/** Names a record among all customers'. */
export type RecordKey = (customerId: string, id: string) => string

/**
 * What is remembered of a record: a hash, so that the ids of delivered usage are not kept in clear.
 * The customer is part of it, so that nobody can take up another's id; its length keeps `a` + `bc` apart from `ab` + `c`.
 */
export async function createRecordKey(): Promise<RecordKey> {
  const { createHash } = await load<typeof import('node:crypto')>('node:crypto')
  return (customerId, id) => createHash('sha256').update(`${customerId.length}:${customerId}${id}`).digest('base64url').slice(0, 22)
}
