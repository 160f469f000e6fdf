import { createHash } from 'node:crypto'

const BYTES = 16

/**
 * Names a record among all customers': what the spool remembers of it. A hash, so that the ids of delivered usage
 * are not kept in clear. The customer is part of it, so that nobody can take up another's id; its length keeps
 * `a` + `bc` apart from `ab` + `c`.
 */
export const recordKey = (customerId: string, id: string): Buffer =>
  createHash('sha256').update(`${customerId.length}:${customerId}${id}`).digest().subarray(0, BYTES)
