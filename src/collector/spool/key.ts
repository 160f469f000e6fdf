import * as crypto from 'node:crypto'
import { recordName } from '../record-name.js'

const DIGITS = { hex: 32, binary: 16 }

type Encoding = keyof typeof DIGITS

/** Half as dear as `createHash`, from Node 20.12 on. */
const sha256 = crypto.hash === undefined
  ? (text: string, encoding: Encoding) => crypto.createHash('sha256').update(text).digest(encoding)
  : (text: string, encoding: Encoding) => crypto.hash('sha256', text, encoding)

/**
 * Names a record among all customers': what the spool remembers of it, 16 bytes; `binary` is a character for each. A
 * hash, so that the ids of delivered usage are not kept in clear. The customer is part of it, so that nobody can take
 * up another's id.
 */
export const recordKey = (customerId: string, id: string, encoding: Encoding): string =>
  sha256(recordName(customerId, id), encoding).slice(0, DIGITS[encoding])
