import { AnalyticsBrowser } from '@segment/analytics-next'
import { amberflo } from 'amberflo-destination'

const analytics = new AnalyticsBrowser()

analytics.register(
  amberflo({
    collectorUrl: '/usage',
    // Proof for the collector of who is signed in.
    token: async () => {
      const answer = await fetch('/usage/token')
      // A function that throws is asked again; whatever it returns is taken for a token.
      if (!answer.ok) throw new Error(`no token: ${answer.status}`)
      return answer.text()
    },
  }),
)

// With a write key from Segment, give only that: the rest lets this run without Segment.
analytics.load({ writeKey: 'none', cdnSettings: { integrations: {} } }, { integrations: { 'Segment.io': false } })

analytics.identify('customer-1', { name: 'Ada Lovelace' })
analytics.page('Reports')

document.querySelector('button').addEventListener('click', () => {
  analytics.track('Reports exported', { value: 3, format: 'pdf' })
})
