export { backoffMs } from './backoff.js'
export { createBeacon, type Beacon, type BeaconOptions } from './beacon.js'
export type { Fate, Item, Limits, ProofOf } from './item.js'
export { openStore, setEntry, type Store } from './storage.js'
