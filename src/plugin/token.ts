import type { AmberfloSettings } from './types.js'

export interface Tokens {
  /** The token that proves `customer` now. Where there is none it is asked for, and `onToken` tells when it is there. */
  proof(customer: string): string | undefined
  /** A new token after one was refused; `undefined` if `customer` is not who uses the page. */
  renew(customer: string): Promise<string | undefined>
  /** Stops all timers; what is still on its way is ignored. */
  close(): void
}

interface Token {
  text: string
  /** Epoch milliseconds of the browser's clock. */
  until: number
}

/** No answer by then is a failure; nor is one customer asked for more often because of new events. */
const ANSWER_WITHIN_MS = 30_000
const LONGEST_BACKOFF_MS = 60_000
/** Renewed with a fifth of its life left, but no more than this. */
const RENEW_BEFORE_MS = 60_000
/** What `setTimeout` can count to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The claims of a JWT; none of a token that is not one, and need not be. */
const claimsOf = (token: string): { sub?: unknown; iat?: unknown; exp?: unknown } => {
  try {
    const bytes = atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))
    // `escape` turns the bytes into what `decodeURIComponent` reads as UTF-8.
    return JSON.parse(decodeURIComponent(escape(bytes))) ?? {}
  } catch {
    return {}
  }
}

/** Milliseconds that a token has left. A browser's clock may be hours off, which the token's own span corrects. */
const lifeOf = ({ iat, exp }: ReturnType<typeof claimsOf>, now: number): number => {
  if (typeof exp !== 'number') return Infinity
  const left = exp * 1000 - now
  const whole = typeof iat === 'number' ? (exp - iat) * 1000 : Infinity
  return left > 0 && left < whole ? left : whole
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
  /** By whom they prove; an empty text marks who was asked for in vain, or just now. */
  const known = new Map<string | undefined, Token>()
  let firstPayer: string | undefined
  let payer: string | undefined
  let asking: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  const isKnown = (customer: string | undefined): boolean => (known.get(customer)?.until ?? 0) > Date.now()

  const keep = (customer: string | undefined, token: Token): void => {
    const before = known.get(customer)?.text
    known.set(customer, token)
    if (customer !== undefined && token.text && token.text !== before) onToken(customer, token.text)
  }

  const askWithin = async (): Promise<string> => {
    let limit: ReturnType<typeof setTimeout> | undefined
    try {
      const token = await Promise.race([
        typeof source === 'string' ? source : source(),
        new Promise<never>((_, reject) => {
          limit = setTimeout(() => reject(new Error('no answer')), ANSWER_WITHIN_MS)
        }),
      ])
      if (typeof token !== 'string' || !token) throw new TypeError('not a string')
      return token
    } finally {
      clearTimeout(limit)
    }
  }

  const ask = (): Promise<void> => {
    const asker = payer
    let wait: number
    clearTimeout(timer)
    if (!isKnown(asker)) known.set(asker, { text: '', until: Date.now() + ANSWER_WITHIN_MS })
    const mine: Promise<void> = askWithin()
      .then((text) => {
        const claims = claimsOf(text)
        const life = lifeOf(claims, Date.now())
        failures = 0
        wait = Math.max(life - Math.min(life / 5, RENEW_BEFORE_MS), 1000)
        if (!closed) keep(typeof claims.sub === 'string' ? claims.sub : asker ?? firstPayer, { text, until: Date.now() + life })
      })
      .catch((error: unknown) => {
        wait = Math.random() * Math.min(1000 * 2 ** failures, LONGEST_BACKOFF_MS)
        if (!failures++) report(`the token function failed: ${error}`)
      })
      .then(() => {
        if (asking !== mine) return
        asking = undefined
        if (!closed && wait < Infinity) timer = setTimeout(ask, Math.min(wait, LONGEST_TIMER_MS))
      })
    return (asking = mine)
  }

  void ask()

  return {
    proof(customer) {
      if (payer === undefined) keep((firstPayer = customer), known.get(undefined)!)
      payer = customer
      // Timers sleep with the machine, so a token may be found expired here.
      if (!isKnown(customer)) void ask()
      return known.get(customer)?.text || undefined
    },
    async renew(customer) {
      known.delete(customer)
      // Whoever else uses the page now would get a token of their own.
      if (payer === undefined || payer === customer) await (asking ?? ask())
      return known.get(customer)?.text || undefined
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
