/** Counts of what reached the API, faulty answers included. */
export function createStats() {
  let counts = zero()
  return {
    request(method: string, path: string) {
      const name = `${method} ${path.startsWith('/customers') ? '/customers' : path}`
      counts.requests[name] = (counts.requests[name] ?? 0) + 1
    },
    answer(status: number | 'reset') {
      counts.answers[status] = (counts.answers[status] ?? 0) + 1
    },
    batch(records: number) {
      counts.received += records
      counts.largestBatch = Math.max(counts.largestBatch, records)
    },
    read: () => structuredClone(counts),
    clear() {
      counts = zero()
    },
  }
}

const zero = () => ({
  /** By method and path, such as `POST /ingest`. */
  requests: {} as Record<string, number>,
  /** By status; `reset` where the connection was dropped. */
  answers: {} as Record<string, number>,
  /** Records in all ingests that were taken, duplicates included. */
  received: 0,
  largestBatch: 0,
})
