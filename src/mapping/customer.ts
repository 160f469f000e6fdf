import type { Customer } from '../wire/payloads.js'
import { flatten } from './flatten.js'
import type { Note } from './note.js'
import { textOf, withoutSeparators } from './value.js'

/**
 * Makes an identified person a customer. The name is what the traits tell (`name`, first and last name, `username`,
 * `email`), and else the id. The other traits keep numbers and booleans; texts follow the rules of dimensions, but are
 * not cut.
 */
export function toCustomer(customerId: string, person: unknown, note: Note): Customer {
  const traits = flatten(person, 'traits', note)
  const trait = (name: string): string => textOf(traits.get(name))
  const customerEmail = trait('email')
  const customerName =
    trait('name') ||
    `${trait('firstName') || trait('first_name')} ${trait('lastName') || trait('last_name')}`.trim() ||
    trait('username') ||
    customerEmail ||
    customerId

  traits.delete('name')
  traits.delete('email')
  for (const [name, value] of traits) {
    // JSON has no other numbers.
    if (typeof value !== 'boolean' && !Number.isFinite(value)) traits.set(name, withoutSeparators(value))
  }

  return {
    customerId,
    customerName,
    ...(customerEmail && { customerEmail }),
    ...(traits.size > 0 && { traits: Object.fromEntries(traits) }),
  }
}
