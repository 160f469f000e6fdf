'use client'

import { useAnalytics } from './usage.js'

export function ExportButton() {
  const analytics = useAnalytics()
  return <button onClick={() => analytics.track('Reports exported', { value: 3, format: 'pdf' })}>Export a report</button>
}
