const EVENTS = Number(process.env.EVENTS ?? 10_000)

export const contenders = {
  floor: 'a batch in memory and `sendBeacon`, nothing kept',
  putEach: 'bare IndexedDB, one `put` per event',
  putTurn: 'bare IndexedDB, one `put` per turn',
  peerAtOnce: '@snowplow/browser-tracker, a request per event, answered in no time',
  peerSingly: '@snowplow/browser-tracker, a request per event, answered as the plugin’s',
  peer: '@snowplow/browser-tracker, requests of 100 as the plugin’s, answered as the plugin’s',
  plugin: 'this plugin, from its hook to the receipt',
}

/** The plugin where it lives. */
export const libraries = {
  analyticsAlone: 'Analytics.js with a destination that does nothing',
  analyticsPlugin: 'Analytics.js with this plugin',
}

const plugin = (run) => ({ name: 'plugin', ...run })

/** What is measured. All runs of a scenario follow each other, so that the machine is in one mood. */
export const scenarios = [
  { name: 'ten', runs: Object.keys(contenders).map((name) => ({ name, count: EVENTS, perTurn: 10 })) },
  { name: 'one', runs: Object.keys(contenders).map((name) => ({ name, count: EVENTS, perTurn: 1 })) },
  { name: 'crowd', runs: [100, 1_000, 10_000].map((count) => plugin({ count, perTurn: count })) },
  { name: 'library', runs: Object.keys(libraries).map((name) => ({ name, count: 1_000, perTurn: 1_000 })) },
  { name: 'waiting', runs: [0, 1_000, 10_000].map((waiting) => plugin({ count: 1_000, perTurn: 10, waiting, up: false })) },
  { name: 'left', runs: [1_000, 10_000].map((left) => plugin({ count: 0, perTurn: 10, left })) },
]
