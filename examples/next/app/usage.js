'use client'

import { AnalyticsBrowser } from '@segment/analytics-next'
import { amberflo } from 'amberflo-destination'
import { createContext, useContext, useEffect } from 'react'

// This module runs on the server too, for the first page. There it makes two objects and nothing else.
const analytics = new AnalyticsBrowser()
const plugin = amberflo({
  collectorUrl: '/usage',
  // Proof for the collector of who is signed in.
  token: async () => {
    const answer = await fetch('/usage/token')
    // A function that throws is asked again; whatever it returns is taken for a token.
    if (!answer.ok) throw new Error(`no token: ${answer.status}`)
    return answer.text()
  },
})

const Analytics = createContext(analytics)
export const useAnalytics = () => useContext(Analytics)

let started = false

export function Usage({ children }) {
  useEffect(() => {
    // React runs effects twice in development.
    if (started) return
    started = true
    analytics.register(plugin)
    // With a write key from Segment, give only that: the rest lets this run without Segment.
    analytics.load({ writeKey: 'none', cdnSettings: { integrations: {} } }, { integrations: { 'Segment.io': false } })
    analytics.identify('customer-1', { name: 'Ada Lovelace' })
    analytics.page('Reports')
  }, [])
  return <Analytics value={analytics}>{children}</Analytics>
}
