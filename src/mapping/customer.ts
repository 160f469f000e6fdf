import type { Customer } from '../wire/payloads.js'
import type { EventLike } from './event.js'
import { flatten } from './flatten.js'
import { get } from './get.js'
import { sized, type Mapped } from './mapped.js'
import { finite, idOf, isScalar, withoutSeparators } from './value.js'

/** A customer's fields as an event or a Segment mapping has them: of any type. */
export type CustomerFields = { [Field in keyof Customer]?: unknown }

/** The fields of an identify event. */
export function customerFields(event: EventLike): CustomerFields {
  const traits = get(event, 'traits')
  return {
    customerId: get(event, 'userId'),
    customerName: get(traits, 'name'),
    customerEmail: get(traits, 'email'),
    traits,
  }
}

/**
 * Makes raw fields a customer. Without a `customerName`, the name is what the traits tell (`name`, first
 * and last name, `username`, `email`), and else the id. Traits keep numbers and booleans; texts follow the
 * rules of dimensions, but are not cut. The traits `name` and `email` are not repeated where they have
 * become the customer's own.
 */
export function toCustomer(fields: CustomerFields): Mapped<Customer> {
  const notes: string[] = []
  const customerId = idOf(fields.customerId)
  if (!customerId) return { refusal: 'no_customer', notes }

  const text = (owner: unknown, name: string): string => {
    const found = idOf(get(owner, name))
    return isScalar(found) ? found : ''
  }
  const trait = (name: string): string => text(fields.traits, name)
  const customerEmail = text(fields, 'customerEmail')
  const customerName =
    text(fields, 'customerName') ||
    trait('name') ||
    [trait('firstName') || trait('first_name'), trait('lastName') || trait('last_name')].filter(Boolean).join(' ') ||
    trait('username') ||
    trait('email') ||
    customerId

  const traits = flatten(fields.traits, 'traits', notes, (value, name) =>
    (name === 'name' && value === customerName) || (name === 'email' && value === customerEmail) ? undefined
    : typeof value === 'boolean' ? value
    // As in JSON, a number that is not finite is nothing.
    : typeof value === 'number' ? finite(value)
    : withoutSeparators(String(value)),
  )

  return sized({ customerId, customerName, ...(customerEmail && { customerEmail }), ...(traits && { traits }) }, notes)
}
