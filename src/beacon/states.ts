/**
 * The state of a batch, and what each event does to it. The delivery follows this table alone;
 * an event without an entry changes nothing.
 */
export type State = 'waiting' | 'beacon' | 'fetch' | 'backoff' | 'parked' | 'settled'

export type StateEvent =
  | 'due' // its time has come: full, old enough, flushed, or backed off for long enough
  | 'blind' // the same on a page where receipts do not work
  | 'leave' // the page is hidden, frozen or unloading
  | 'receipt' // resource timing says accepted
  | 'unconfirmed' // resource timing says not accepted, or nothing in time; or the beacon was refused
  | 'stale' // the same, and it holds a customer who has been identified anew
  | 200 // each record's fate is final
  | 400 // it can never be taken
  | 401 // no token, or one that is not good any more
  | 403 // another customer's token or session, or a wrong origin
  | 413 // it waits again as two halves; one record alone can never be taken
  | 422 // it can never be taken
  | 'later' // 408, 429, 5xx, any other answer, or none
  | 'wake' // its customer is back, or has a new token

export const table: Record<State, Partial<Record<StateEvent, State>>> = {
  waiting: { due: 'beacon', blind: 'fetch', leave: 'beacon' },
  beacon: { receipt: 'settled', unconfirmed: 'fetch', stale: 'backoff' },
  fetch: { receipt: 'settled', 200: 'settled', 400: 'settled', 422: 'settled', 401: 'parked', 403: 'parked', 413: 'waiting', later: 'backoff' },
  backoff: { due: 'fetch', blind: 'fetch', leave: 'beacon' },
  parked: { wake: 'waiting' },
  settled: {},
}

/** What is on its way can have a receipt. */
export const isFlying = (state: State): boolean => !!table[state].receipt
