import type { Customer } from '../wire/payloads.js'
import { flatten } from './flatten.js'
import type { Note } from './note.js'
import type { Scalar } from './value.js'

/**
 * Makes an identified person a customer. The name is what the traits tell (`name`, first and last name, `username`,
 * `email`), and else the id. The other traits keep numbers and booleans; texts follow the rules of dimensions, but are
 * not cut.
 */
export function toCustomer(customerId: string, person: unknown, note: Note): Customer {
  const texts: Record<string, string> = {}
  const traits = flatten(person, 'traits', note, (name, value): Scalar | undefined => {
    texts[name] = String(value)
    return name === 'name' || name === 'email' ? undefined
      // JSON has no other numbers.
      : isFinite(value as number) ? value
      : texts[name]
  })
  const { name, username, email } = texts
  const customerName =
    name ||
    [texts['firstName'] || texts['first_name'], texts['lastName'] || texts['last_name']].join(' ').trim() ||
    username ||
    email ||
    customerId
  return { customerId, customerName, customerEmail: email, traits } as Customer
}
