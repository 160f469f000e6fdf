import { backoffMs, type ProofOf } from '../beacon/index.js'
import { tried } from '../mapping/index.js'
import type { AmberfloSettings } from './types.js'

export interface Tokens {
  proof: ProofOf
  /** Stops the timer; what is still on its way is ignored. */
  close(): void
}

/** Somebody whom no token proves has one asked for, but not with every event. */
const ASK_AGAIN_MS = 30_000
/** The part of its life after which a token is renewed. */
const RENEWED_AT = 0.8
/** Within what `setTimeout` can count to. */
const LONGEST_TIMER_MS = 1e9

/** The claims of a JWT. A token may be something else, which has none. */
const claimsOf = (token: string): { sub?: string; iat?: number; exp?: number } =>
  // `escape` turns the bytes into what `decodeURIComponent` reads as UTF-8.
  tried(() => JSON.parse(decodeURIComponent(escape(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))))) ?? {}

/**
 * Keeps the token of the page's customer: asks `source` for one ahead of need, again before a JWT expires, and again
 * when the customer changes.
 *
 * A JWT proves its `sub`. An opaque token is taken to prove whoever paid when it was asked for; one that was asked for
 * before anybody paid, whoever pays first. Each is kept for when its customer is back, while it lasts.
 *
 * @param onToken is told whom a new token proves
 * @param report is told once when `source` begins to fail; it is asked again with backoff
 * @param onAsk takes what resolves once the token that is being asked for is there, or cannot be had at the moment
 */
export const createTokens = (
  source: NonNullable<AmberfloSettings['token']>,
  onToken: (customer: string) => void,
  report: (message: string) => void,
  onAsk: (done: Promise<void>) => void,
): Tokens => {
  /** By customer, the token that came last; `''` where one was only asked for. `''` is nobody, before anybody pays. */
  const proofs: Record<string, string | null | undefined> = { __proto__: null }
  /** By customer, until when that token is good, in epoch milliseconds of the browser's clock. */
  const ends: Record<string, number> = { __proto__: null as never }
  let first = ''
  let payer = ''
  let askAgain = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  const fetchToken = async (): Promise<void> => {
    const customer = payer
    let wait: number
    // What there is counts until the answer.
    proofs[customer] ??= ''
    askAgain = Date.now() + ASK_AGAIN_MS
    try {
      const token = await (typeof source === 'string' ? source : source())
      if (!token || typeof token !== 'string') throw new TypeError('no string')
      const { sub, iat, exp } = claimsOf(token)
      // Asked for before anybody paid, it is whose it turns out to be, or who pays first.
      const owner = sub ?? (customer || first)
      proofs[owner] = token
      // Under a wrong clock a new token may seem to have expired, or to last for longer than `exp - iat`. A token may lack either claim.
      const life = Math.min(LONGEST_TIMER_MS, ...[exp! * 1000 - Date.now(), (exp! - iat!) * 1000].filter((ms) => ms > 0))
      ends[owner] = Date.now() + life
      // Asked for before anybody paid, it may prove somebody else than who pays now.
      wait = payer === customer || proofs[payer] ? Math.max(life * RENEWED_AT, 1000) : 0
      if (owner && !closed) onToken(owner)
      failures = 0
    } catch (error) {
      if (!failures++) report(`token failed: ${error}`)
      wait = backoffMs(failures, Math.random())
    }
    // Whoever pays first after that has not been asked for yet.
    proofs[''] ||= undefined
    clearTimeout(timer)
    if (!closed) timer = setTimeout(ask, wait)
  }

  const ask = (): void => onAsk(fetchToken())
  ask()

  return {
    proof(customer, refused) {
      if (refused === undefined) {
        // Also of one that is still on its way.
        if (!first) proofs[(first = customer)] ??= proofs['']
        payer = customer
      }
      // Timers sleep with the machine, so a token may be found expired here.
      if (ends[customer]! <= Date.now()) {
        ends[customer] = Infinity
        proofs[customer] = refused
      }
      if (proofs[customer] === refused || (!proofs[customer] && Date.now() >= askAgain)) {
        proofs[customer] = undefined
        // Whoever else uses the page now would get a token of their own.
        if (customer === payer) ask()
      }
      return proofs[customer] || undefined
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
