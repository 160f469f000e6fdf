import type { BrowserActionDefinition } from '@segment/browser-destination-runtime/types'
import type { Client, CustomerFields, Run } from './client.js'

/** The action that tells Amberflo of a customer. */
export const customer: BrowserActionDefinition<Client, Client, CustomerFields> = {
  title: 'Customer',
  description: 'Creates or updates a customer at Amberflo.',
  platform: 'web',
  defaultSubscription: 'type = "identify"',
  fields: {
    customerId: {
      label: 'Customer ID',
      description: 'Who pays.',
      type: 'string',
      required: true,
      default: { '@path': '$.userId' },
    },
    customerName: {
      label: 'Name',
      description: 'Without one, it is made of the traits, or is the id.',
      type: 'string',
      default: { '@path': '$.traits.name' },
    },
    customerEmail: {
      label: 'Email',
      description: 'Where the customer can be written to.',
      type: 'string',
      format: 'email',
      default: { '@path': '$.traits.email' },
    },
    traits: {
      label: 'Traits',
      description: 'What else is known of the customer.',
      type: 'object',
      default: { '@path': '$.traits' },
    },
  },
  perform: (client, { payload, context }) => client.yield('customer', payload, context as unknown as Run),
}
