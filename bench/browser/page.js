import { contenders } from './contenders.js'
import { stubNetwork } from './network.js'

/** Runs in the page: `prepare`, then, between two readings of the browser's own clock, `go`. */

const longTasks = []
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const channel = new MessageChannel()
/** A task of its own, without the delay that browsers give to timers. */
const nextTask = () =>
  new Promise((resolve) => {
    channel.port1.onmessage = resolve
    channel.port2.postMessage(0)
  })

let made = 0
const createEvents = (count) =>
  Array.from({ length: count }, () => ({
    type: 'track',
    event: 'Api Call',
    messageId: `ajs-next-${Date.now()}-${made++}`,
    userId: 'customer-1',
    timestamp: new Date(),
    properties: { value: 1, region: 'eu-west-1', endpoint: 'search', tier: 'pro' },
    context: { page: { path: '/', title: 'Bench', url: location.href } },
    integrations: {},
  }))

async function track(contender, events, perTurn) {
  for (let from = 0; from < events.length; from += perTurn) {
    await nextTask()
    await contender.turn(events.slice(from, from + perTurn))
  }
}

let contender
let events

/**
 * @param {object} run
 * @param {string} run.name the contender
 * @param {number} run.count how many events are to be tracked
 * @param {number} [run.waiting] how many have been tracked before, and wait
 * @param {boolean} [run.up] whether the collector is up
 * @param {number} [run.left] how many an earlier page has left, for this one to begin with
 */
export async function prepare({ name, count, waiting = 0, up = true, left = 0 }) {
  stubNetwork(up)
  if (!left) contender = await contenders[name]()
  if (waiting) await track(contender, createEvents(waiting), 100)
  events = createEvents(count)
  await pause(500)
  longTasks.length = 0
}

export async function go({ name, perTurn, up = true, left = 0 }) {
  contender ??= await contenders[name]()
  // Leftovers are read in the background.
  if (left) await pause(3_000)
  await track(contender, events, perTurn)
  if (up) await contender.end()
  await pause(200)
}

/** Milliseconds of each task over 50 ms since `prepare`. */
export const tasksOver50 = () => [...longTasks]
