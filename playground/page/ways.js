/**
 * The way of each event, as far as the page can see it. A way is
 * `{ id, type, name, at, customerId, event, log, payload, attempts, receipt, held, arrivals }`,
 * where `payload` is the Amberflo record or customer, once it is sent, and `log` what the plugin noted on the event.
 *
 * @param {(way) => void} onChange called with each way that changed
 */
export function createWays(onChange) {
  const ways = new Map()
  /** What Amberflo holds, by id: an earlier page's record may be there before this page hears of it. */
  const holds = new Map()

  const begin = (way) => {
    ways.set(way.id, { attempts: [], at: Date.now(), held: holds.get(way.id), ...way })
    return ways.get(way.id)
  }
  /** The identify calls of a customer that are still to be settled. */
  const callsOf = (customerId) => [...ways.values()].filter((way) => way.type === 'identify' && way.customerId === customerId && !way.receipt)

  /** A payload that this page did not make: an earlier page left it behind. */
  const leftover = (type, id, name, customerId) => ways.get(id) ?? begin({ id, type, name, customerId, event: null })

  function update(way, change) {
    Object.assign(way, change)
    onChange(way)
  }

  return {
    all: () => [...ways.values()],

    /** Analytics.js made an event. */
    made(event) {
      const way = begin({
        id: event.messageId,
        type: event.type,
        name: (event.type === 'identify' ? event.userId : event.event ?? event.name) ?? '',
        customerId: event.userId ?? event.anonymousId,
        event,
      })
      onChange(way)
    },

    /** The call of Analytics.js has resolved. */
    done(id, log) {
      const way = ways.get(id)
      if (way) update(way, { log })
    },

    /** A batch left the page, or tried to. */
    sent(attempt) {
      const { records = [], customers = [] } = JSON.parse(attempt.body)
      for (const record of records) {
        const way = leftover(record.meterApiName, record.uniqueId, record.meterApiName, record.customerId)
        update(way, { payload: record, attempts: [...way.attempts, attempt] })
      }
      for (const customer of customers) {
        const { customerId } = customer
        const calls = callsOf(customerId)
        if (!calls.length) calls.push(leftover('identify', `customer ${customerId}`, customerId, customerId))
        for (const way of calls) update(way, { payload: customer, attempts: [...way.attempts, attempt] })
      }
    },

    answered(attempt) {
      for (const way of ways.values()) if (way.attempts.includes(attempt)) onChange(way)
    },

    /** The plugin knows the fate. */
    settled(receipt) {
      for (const id of receipt.uniqueIds) {
        // An identify that an earlier page left goes by an id of that page: only its batch tells which one it is.
        const found = ways.has(id) ? [ways.get(id)] : [...ways.values()].filter((way) => way.type === 'identify' && !way.receipt && way.attempts.some(({ batch }) => batch === receipt.batchId))
        for (const way of found) update(way, { receipt })
      }
    },

    /** Amberflo holds these; `repeated` counts the arrivals of those that arrived more than once. */
    held(records, customers, repeated) {
      for (const record of records) {
        const held = [...(holds.get(record.uniqueId) ?? []), record]
        holds.set(record.uniqueId, held)
        const way = ways.get(record.uniqueId)
        if (way) update(way, { held })
      }
      for (const customer of customers) {
        for (const way of ways.values()) {
          if (way.type === 'identify' && way.customerId === customer.customerId && !way.held && way.receipt?.outcome === 'accepted') update(way, { held: [customer] })
        }
      }
      for (const [id, arrivals] of Object.entries(repeated)) {
        const way = ways.get(id)
        if (way && way.arrivals !== arrivals) update(way, { arrivals })
      }
    },
  }
}
