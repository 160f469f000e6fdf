import { AnalyticsBrowser } from '@segment/analytics-next'
import { newTracker, trackSelfDescribingEvent } from '@snowplow/browser-tracker'
import { ANSWER_MS } from './network.js'

/**
 * What is measured. Each gives `turn`, which takes the events of one turn and resolves once they are kept as well as it
 * keeps them, and `end`, which resolves once everything has been sent.
 */

const ignored = { log() {}, stats: { increment() {} } }
const nothing = async () => {}

/** The record that an event becomes, made as cheaply as can be. */
const record = ({ messageId, userId, event, timestamp, properties: { value, ...dimensions } }) => ({
  uniqueId: messageId,
  customerId: userId,
  meterApiName: event,
  meterValue: value,
  meterTimeInMillis: +timestamp,
  dimensions,
})

async function openStore() {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('bare', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('rows', { autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  return (value) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction('rows', 'readwrite', { durability: 'relaxed' })
      transaction.objectStore('rows').put(value)
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error)
    })
}

/** The cost that nobody can avoid: a batch in memory, sent and forgotten. */
async function floor() {
  const batch = []
  const send = () => navigator.sendBeacon('/usage?b=x', JSON.stringify({ records: batch.splice(0) }))
  return {
    async turn(events) {
      for (const event of events) if (batch.push(record(event)) === 100) send()
    },
    end: async () => batch.length && send(),
  }
}

/** IndexedDB alone, nothing is ever sent or deleted: one transaction for each event. */
async function putEach() {
  const put = await openStore()
  return { turn: (events) => Promise.all(events.map((event) => put(JSON.stringify(record(event))))), end: nothing }
}

/** The same, one transaction with one value for all events of a turn. */
async function putTurn() {
  const put = await openStore()
  return { turn: (events) => put(events.map((event) => JSON.stringify(record(event)))), end: nothing }
}

/**
 * A tracker that keeps its queue in localStorage until a request with it was answered.
 *
 * @param {object} options
 * @param {number} options.bufferSize how many events travel together; its default is 1
 * @param {number} options.answerMs how long an answer takes; with none, it never has more than one turn in its queue
 */
const peer = ({ bufferSize, answerMs }) => async () => {
  const answer = () => new Response('', { status: 200 })
  newTracker('bench', location.origin, {
    appId: 'bench',
    bufferSize,
    contexts: { webPage: false },
    customFetch: answerMs ? () => new Promise((resolve) => setTimeout(() => resolve(answer()), answerMs)) : async () => answer(),
  })
  return {
    async turn(events) {
      for (const { event, properties } of events) {
        trackSelfDescribingEvent({ event: { schema: 'iglu:com.example/usage/jsonschema/1-0-0', data: { event, ...properties } } })
      }
    },
    end: nothing,
  }
}

async function plugin() {
  const made = window.amberfloDestination({ collectorUrl: '/usage' })
  await made.load(undefined, { group: () => ({ id: () => undefined }) })
  return {
    turn: (events) => Promise.all(events.map((event) => made.track({ event, ...ignored }))),
    end: () => made.flush(),
  }
}

/** The real Analytics.js, which sends nothing itself, with one destination. */
const analytics = (createDestination) => async () => {
  const library = AnalyticsBrowser.load({ writeKey: 'bench', cdnSettings: { integrations: {} } })
  await library.register(createDestination())
  return {
    turn: (events) => Promise.all(events.map(({ event, properties }) => library.track(event, properties))),
    end: nothing,
  }
}

const idle = { name: 'Idle', type: 'destination', version: '1', isLoaded: () => true, load: nothing, track: async (ctx) => ctx }

export const contenders = {
  floor,
  putEach,
  putTurn,
  peerAtOnce: peer({ bufferSize: 1 }),
  peerSingly: peer({ bufferSize: 1, answerMs: ANSWER_MS }),
  peer: peer({ bufferSize: 100, answerMs: ANSWER_MS }),
  plugin,
  analyticsAlone: analytics(() => idle),
  analyticsPlugin: analytics(() => window.amberfloDestination({ collectorUrl: '/usage' })),
}
