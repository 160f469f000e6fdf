import type { AmberfloSettings } from './types.js'

export interface Tokens {
  /** The token that proves `customer` now. Where there is none it is asked for, and `onToken` tells when it is there. */
  proof(customer: string): string | undefined
  /** A new token after one was refused; `undefined` if `customer` is not who uses the page. */
  renew(customer: string): Promise<string | undefined>
  /** Stops the timer; what is still on its way is ignored. */
  close(): void
}

/** Its text, which is empty while it is asked for, and until when in epoch milliseconds of the browser's clock. */
type Token = readonly [text: string, until: number]

/** Unless its customer was asked for so recently, an event without a token has one asked for. */
const ASK_AGAIN_MS = 30_000
const LONGEST_BACKOFF_MS = 60_000
/** The part of its life after which a token is renewed. */
const RENEWED_AT = 0.8
/** What `setTimeout` can count to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

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

/** Milliseconds that a token has left. By a wrong clock it may look expired when it is new; then its own span counts. */
const lifeOf = ({ iat, exp }: ReturnType<typeof claimsOf>): number => {
  const left = exp! * 1000 - Date.now()
  // What is not known is not a number, and no comparison holds for it.
  return (left > 0 ? left : (exp! - iat!) * 1000) || Infinity
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
  /** By whom they prove. */
  const known = new Map<string | undefined, Token>()
  let firstPayer: string | undefined
  let payer: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  /** Empty if it was asked for only just now. */
  const textOf = (customer: string | undefined): string | undefined => {
    const [text, until] = known.get(customer) ?? []
    return until! > Date.now() ? text : undefined
  }

  const keep = (customer: string | undefined, token: Token): void => {
    const isNew = token[0] && token[0] !== known.get(customer)?.[0]
    known.set(customer, token)
    if (customer !== undefined && isNew) onToken(customer, token[0])
  }

  const ask = async (): Promise<void> => {
    const asker = payer
    let wait: number
    if (textOf(asker) === undefined) known.set(asker, ['', Date.now() + ASK_AGAIN_MS])
    try {
      const text = typeof source === 'string' ? source : await source()
      if (!text || typeof text !== 'string') throw new TypeError('no string')
      if (closed) return
      const claims = claimsOf(text)
      const life = lifeOf(claims)
      failures = 0
      wait = Math.max(life * RENEWED_AT, 1000)
      keep(claims.sub ?? asker ?? firstPayer, [text, Date.now() + life])
    } catch (error) {
      wait = Math.random() * Math.min(1000 * 2 ** failures, LONGEST_BACKOFF_MS)
      if (!failures++) report(`token failed: ${error}`)
    }
    clearTimeout(timer)
    if (!closed) timer = setTimeout(ask, Math.min(wait, LONGEST_TIMER_MS))
  }

  void ask()

  return {
    proof(customer) {
      firstPayer ??= customer
      if (payer === undefined && textOf(customer) === undefined) keep(customer, known.get(undefined)!)
      payer = customer
      // Timers sleep with the machine, so a token may be found expired here.
      if (textOf(customer) === undefined) void ask()
      return textOf(customer) || undefined
    },
    async renew(customer) {
      known.delete(customer)
      // Whoever else uses the page now would get a token of their own.
      if (payer === undefined || payer === customer) await ask()
      return textOf(customer) || undefined
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
