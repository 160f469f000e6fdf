import { byId, element } from '../dom.js'

/** The customers that Amberflo holds, with their traits. */
export function showCustomers(customers) {
  byId('customers-empty').hidden = customers.length > 0
  byId('customers').replaceChildren(
    ...customers.map(({ customerId, customerName, customerEmail, traits = {} }) =>
      element(
        'li',
        {},
        element('p', {}, element('b', {}, customerName), ' ', element('code', {}, customerId)),
        element('p', { class: 'traits' }, [customerEmail, ...Object.entries(traits).map(([name, value]) => `${name} ${value}`)].filter(Boolean).join(' · ')),
      ),
    ),
  )
}
