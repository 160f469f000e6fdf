import type { BaseActionDefinition, JSONObject } from '@segment/actions-core'
import type { BrowserDestinationDefinition } from '@segment/browser-destination-runtime/types'
import { client, type Client } from './client.js'
import { customer } from './customer.js'
import { meter } from './meter.js'

/** The values that an action's fields have if nothing else is said. */
export const defaultsOf = ({ fields }: BaseActionDefinition): JSONObject =>
  Object.fromEntries(Object.entries(fields).map(([name, { default: value }]) => [name, value])) as JSONObject

const named = {
  '@merge': {
    objects: [
      { '@path': '$.properties' },
      { name: { '@if': { blank: { '@path': '$.name' }, then: { '@path': '$.name' }, else: { '@path': '$.properties.name' } } } },
    ],
    direction: 'right',
  },
}

/** A null is left out of the dimensions, so this takes the value out. */
const withoutValue = { '@merge': { objects: [{ '@path': '$.properties' }, { value: null }], direction: 'right' } }

/** Amberflo as one of Segment's action destinations. Its presets do what the plugin does without subscriptions. */
export const definition: BrowserDestinationDefinition<Client, Client> = {
  name: 'Amberflo',
  slug: 'actions-amberflo',
  mode: 'device',
  settings: {},
  initialize: async () => client,
  actions: { meter, customer },
  presets: [
    {
      name: 'Meter tracked events',
      type: 'automatic',
      partnerAction: 'meter',
      subscribe: 'type = "track"',
      mapping: { ...defaultsOf(meter), dimensions: withoutValue },
    },
    {
      name: 'Meter page views',
      type: 'automatic',
      partnerAction: 'meter',
      subscribe: 'type = "page"',
      mapping: { ...defaultsOf(meter), meterApiName: 'page', meterValue: 1, dimensions: named },
    },
    {
      name: 'Meter screen views',
      type: 'automatic',
      partnerAction: 'meter',
      subscribe: 'type = "screen"',
      mapping: { ...defaultsOf(meter), meterApiName: 'screen', meterValue: 1, dimensions: named },
    },
    {
      name: 'Keep customers up to date',
      type: 'automatic',
      partnerAction: 'customer',
      subscribe: 'type = "identify" and userId != null and userId != ""',
      mapping: defaultsOf(customer),
    },
  ],
}

export default definition
