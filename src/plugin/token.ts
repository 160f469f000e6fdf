import { backoffMs } from '../beacon/index.js'
import type { AmberfloSettings } from './types.js'

export interface Tokens {
  /** The token that proves `customer` now. Where there is none it is asked for, and `onToken` tells when it is there. */
  proof(customer: string): string | undefined
  /** Tells of another token than the refused one: of the one that there is, or asks for it, if `customer` is who uses the page. */
  renew(customer: string, refused?: string): void
  /** Resolves once the token that is being asked for is there, or cannot be had at the moment. */
  settled(): Promise<void>
  /** Stops the timer; what is still on its way is ignored. */
  close(): void
}

/** Somebody whom no token proves has one asked for, but not with every event. */
const ASK_AGAIN_MS = 30_000
/** The part of its life after which a token is renewed. */
const RENEWED_AT = 0.8
/** Within what `setTimeout` can count to. */
const LONGEST_TIMER_MS = 1e9

/** The claims of a JWT; none of a token that is not one, and need not be. */
const claimsOf = (token: string): { sub?: string; iat?: number; exp?: number } => {
  try {
    const bytes = atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))
    // `escape` turns the bytes into what `decodeURIComponent` reads as UTF-8.
    return JSON.parse(decodeURIComponent(escape(bytes))) ?? {}
  } catch {
    return {}
  }
}

/**
 * Keeps the token of the page's customer: asks `source` for one ahead of need, again before a JWT expires, and again
 * when the customer changes.
 *
 * A JWT proves its `sub`. An opaque token is taken to prove whoever paid when it was asked for; one that was asked for
 * before anybody paid, whoever pays first.
 *
 * @param onToken is told of each new token, and whom it proves
 * @param report is told once when `source` begins to fail; it is asked again with backoff
 */
export const createTokens = (
  source: NonNullable<AmberfloSettings['token']>,
  onToken: (customer: string, token: string) => void,
  report: (message: string) => void,
): Tokens => {
  /** The newest token, whom it proves, and until when in epoch milliseconds of the browser's clock. */
  let token = ''
  let owner: string | undefined
  let until = 0
  let payer: string | undefined
  /** For whom one was asked for last, and when that may be repeated. */
  let asker: string | undefined
  let askAgain = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  const tokenOf = (customer: string | undefined): string | undefined => (owner === customer && until > Date.now() ? token : undefined)

  const fetchToken = async (): Promise<void> => {
    const customer = (asker = payer)
    askAgain = Date.now() + ASK_AGAIN_MS
    let wait: number
    try {
      const given = typeof source === 'string' ? source : await source()
      if (!given || typeof given !== 'string') throw new TypeError('no string')
      const { sub, iat, exp } = claimsOf(given)
      const left = exp! * 1000 - Date.now()
      // By a wrong clock it may look expired when it is new, or good for longer than its own span.
      // What is not known is not a number, and no comparison holds for it.
      const life = Math.min(left > 0 ? left : Infinity, (exp! - iat!) * 1000 || Infinity)
      const proven = sub ?? customer ?? owner
      // Nobody else's takes the place of one that proves who pays now.
      if (proven === payer || !tokenOf(payer)) {
        token = given
        owner = proven
        until = Date.now() + life
      }
      failures = 0
      // Asked for before anybody paid, it may prove somebody else than who pays now.
      wait = payer !== customer && !tokenOf(payer) ? 0 : Math.max(life * RENEWED_AT, 1000)
      if (proven && !closed) onToken(proven, given)
    } catch (error) {
      wait = backoffMs(++failures, Math.random())
      if (failures < 2) report(`token failed: ${error}`)
    }
    // Whoever pays first after that has not been asked for.
    asker ??= ''
    clearTimeout(timer)
    if (!closed) timer = setTimeout(ask, Math.min(wait, LONGEST_TIMER_MS))
  }

  const ask = (): Promise<void> => (asking = fetchToken())
  let asking = fetchToken()

  return {
    settled: () => asking,
    proof(customer) {
      // Whoever pays first has the token that was asked for before.
      owner ??= customer
      asker ??= customer
      payer = customer
      // Timers sleep with the machine, so a token may be found expired here.
      if (!tokenOf(customer) && (asker !== customer || Date.now() >= askAgain)) void ask()
      return tokenOf(customer)
    },
    renew(customer, refused) {
      if (owner === customer) {
        // One that came since, or was kept from before, may do.
        if (token !== refused && until > Date.now()) return onToken(customer, token)
        // Another batch has asked already.
        if (!until) return
        until = 0
      }
      // Whoever else uses the page now would get a token of their own.
      if ((payer ?? customer) === customer) void ask()
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
