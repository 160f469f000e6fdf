import * as crypto from 'node:crypto'

const HEX_DIGITS = 32

/** Half as dear as `createHash`, from Node 20.12 on. */
const sha256 = crypto.hash === undefined ? (text: string) => crypto.createHash('sha256').update(text).digest('hex') : (text: string) => crypto.hash('sha256', text, 'hex')

/**
 * Names a record among all customers': what the spool remembers of it, 16 bytes in hexadecimal. A hash, so that the
 * ids of delivered usage are not kept in clear. The customer is part of it, so that nobody can take up another's id;
 * its length keeps `a` + `bc` apart from `ab` + `c`.
 */
export const recordKey = (customerId: string, id: string): string => sha256(`${customerId.length}:${customerId}${id}`).slice(0, HEX_DIGITS)
