import { serveSandbox } from '../../dist/sandbox.js'

/**
 * Where usage ends up: the real Amberflo when there is a key for it, else a sandbox in this process.
 *
 * @param {Record<string, string | undefined>} env
 */
export async function startAmberflo({ AMBERFLO_API_KEY, AMBERFLO_URL }) {
  if (AMBERFLO_API_KEY) {
    return { kind: 'amberflo', url: AMBERFLO_URL || 'https://app.amberflo.io', apiKey: AMBERFLO_API_KEY, close: async () => {} }
  }
  const apiKey = `sandbox-${crypto.randomUUID()}`
  const { url, close } = await serveSandbox({ apiKey })
  const inside = (path, init) => fetch(`${url}/sandbox${path}`, init)
  const read = async (path) => (await inside(path)).json()

  return {
    kind: 'sandbox',
    url,
    apiKey,
    close,

    /** What it holds: records from the nth on, all customers, and the ids that arrived more than once. */
    async read(after) {
      const [records, customers, { arrivals }] = await Promise.all([read('/records'), read('/customers'), read('/stats')])
      const repeated = Object.fromEntries(Object.entries(arrivals).filter(([, count]) => count > 1))
      return { total: records.length, records: records.slice(after), customers, repeated }
    },
    async clear() {
      await inside('', { method: 'DELETE' })
    },
    async setDown(down) {
      const fault = down ? { status: 503, count: Number.MAX_SAFE_INTEGER } : { count: 0 }
      await inside('/faults', { method: 'POST', body: JSON.stringify(fault) })
    },
  }
}
