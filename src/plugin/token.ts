import type { AmberfloSettings } from './types.js'

export interface Tokens {
  /** The token that proves `customer` now. Where there is none it is asked for, and `onToken` tells when it is there. */
  proof(customer: string): string | undefined
  /** A new token after one was refused; `undefined` if `customer` is not who uses the page. */
  renew(customer: string): Promise<string | undefined>
  /** Stops the timer; what is still on its way is ignored. */
  close(): void
}

interface Token {
  /** Empty while it is asked for. */
  text: string
  /** Epoch milliseconds of the browser's clock. */
  until: number
}

/** Unless its customer was asked for so recently, an event without a token has one asked for. */
const ASK_AGAIN_MS = 30_000
const LONGEST_BACKOFF_MS = 60_000
/** Renewed with a fifth of its life left, but no more than this. */
const RENEW_BEFORE_MS = 60_000
/** What `setTimeout` can count to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The claims of a JWT; none of a token that is not one, and need not be. */
const claimsOf = (token: string): { sub?: unknown; iat?: number; exp?: number } => {
  try {
    const bytes = atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))
    // `escape` turns the bytes into what `decodeURIComponent` reads as UTF-8.
    return JSON.parse(decodeURIComponent(escape(bytes))) ?? {}
  } catch {
    return {}
  }
}

/** Milliseconds that a token has left. Where the browser's clock contradicts the token's own span, the span counts. */
const lifeOf = ({ iat, exp }: ReturnType<typeof claimsOf>): number => {
  const left = exp! * 1000 - Date.now()
  const span = (exp! - iat!) * 1000
  // What is not known is not a number, and no comparison holds for it.
  return (left > 0 && !(left > span) ? left : span) || Infinity
}

/**
 * Keeps the tokens of the page's customers: asks `source` for one ahead of need, again before a JWT expires, and again
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
  const known = new Map<string | undefined, Token>()
  let firstPayer: string | undefined
  let payer: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  const isFresh = (customer: string | undefined): unknown => known.has(customer) && known.get(customer)!.until > Date.now()
  const textOf = (customer: string): string | undefined => known.get(customer)?.text || undefined

  const keep = (customer: string | undefined, token: Token): void => {
    const before = known.get(customer)?.text
    known.set(customer, token)
    if (customer !== undefined && token.text && token.text !== before) onToken(customer, token.text)
  }

  const askFor = async (asker: string | undefined): Promise<void> => {
    let wait: number
    if (!isFresh(asker)) known.set(asker, { text: '', until: Date.now() + ASK_AGAIN_MS })
    try {
      const text = typeof source === 'string' ? source : await source()
      if (!text || typeof text !== 'string') throw new TypeError('it gave no string')
      if (closed) return
      const claims = claimsOf(text)
      const life = lifeOf(claims)
      failures = 0
      wait = Math.max(life - Math.min(life / 5, RENEW_BEFORE_MS), 1000)
      keep(typeof claims.sub === 'string' ? claims.sub : asker ?? firstPayer, { text, until: Date.now() + life })
    } catch (error) {
      wait = Math.random() * Math.min(1000 * 2 ** failures, LONGEST_BACKOFF_MS)
      if (!failures++) report(`the token function failed: ${error}`)
    }
    clearTimeout(timer)
    if (!closed) timer = setTimeout(ask, Math.min(wait, LONGEST_TIMER_MS))
  }
  const ask = (): Promise<void> => askFor(payer)

  void ask()

  return {
    proof(customer) {
      firstPayer ??= customer
      if (payer === undefined && !isFresh(customer)) keep(customer, known.get(undefined)!)
      payer = customer
      // Timers sleep with the machine, so a token may be found expired here.
      if (!isFresh(customer)) void ask()
      return textOf(customer)
    },
    async renew(customer) {
      known.delete(customer)
      // Whoever else uses the page now would get a token of their own.
      if (payer === undefined || payer === customer) await ask()
      return textOf(customer)
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
