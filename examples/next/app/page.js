import { ExportButton } from './export-button.js'

/** Rendered on the server at each request. */
export const dynamic = 'force-dynamic'

export default function Page() {
  return (
    <main>
      <h1>Reports of {new Date().getFullYear()}</h1>
      <ExportButton />
    </main>
  )
}
