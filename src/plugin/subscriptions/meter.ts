import type { BrowserActionDefinition } from '@segment/browser-destination-runtime/types'
import type { Client, RecordFields, Run } from './client.js'

/** The action that meters a use. */
export const meter: BrowserActionDefinition<Client, Client, RecordFields> = {
  title: 'Meter',
  description: 'Counts a use on a meter of Amberflo.',
  platform: 'web',
  defaultSubscription: 'type = "track"',
  fields: {
    uniqueId: {
      label: 'Unique ID',
      description: 'Amberflo counts a use with the same id once.',
      type: 'string',
      required: true,
      default: { '@path': '$.messageId' },
    },
    customerId: {
      label: 'Customer ID',
      description: 'Who pays.',
      type: 'string',
      required: true,
      default: {
        '@if': { blank: { '@path': '$.userId' }, then: { '@path': '$.userId' }, else: { '@path': '$.anonymousId' } },
      },
    },
    meterApiName: {
      label: 'Meter',
      description: 'The API name of the meter.',
      type: 'string',
      required: true,
      default: { '@path': '$.event' },
    },
    meterValue: {
      label: 'Value',
      description: 'How much is used; 1 if there is no value.',
      type: 'number',
      default: { '@path': '$.properties.value' },
    },
    meterTimeInMillis: {
      label: 'Time',
      description: 'When it was used: a date, an ISO 8601 text or epoch milliseconds.',
      type: 'datetime',
      default: { '@path': '$.timestamp' },
    },
    dimensions: {
      label: 'Dimensions',
      description: 'What the use can be broken down by. Nested values get dotted names.',
      type: 'object',
      default: { '@path': '$.properties' },
    },
  },
  perform: (client, { payload, context }) => client.yield('meter', payload, context as unknown as Run),
}
