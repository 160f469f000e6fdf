import type { Call } from '../call.js'
import type { Observe } from '../events.js'
import { inTime } from '../in-time.js'
import type { Sender } from './origin.js'
import { Refusal } from './refusal.js'
import { createTokenVerifier } from './token.js'
import type { Proof } from './token.js'

/** What `authenticate` makes of a request: the customer of its session. */
export interface Session {
  customerId: string
  /** The only meters that may be used; none named: every one. */
  meters?: readonly string[] | undefined
}

/** Nobody's session is anything falsy, as of `user && { customerId: user.id }`. */
export type Authenticate = (request: Request) => Asked | Promise<Asked>
type Asked = Session | null | undefined | false | 0 | ''

/** An `authenticate` that takes longer has failed: it must not hold its place among the requests in hand for ever. */
const SESSION_MS = 10_000

export interface IdentityOptions {
  tokenSecret?: string | undefined
  authenticate?: Authenticate | undefined
  now: () => number
  observe: Observe
}

/**
 * Finds out who pays for a batch. A proof that is asked for is never waived:
 *
 * | configured | batch with a token | batch without |
 * |---|---|---|
 * | `tokenSecret` | the token decides | 401 |
 * | `tokenSecret`, `authenticate` | the token decides, even if wrong | the session decides |
 * | `authenticate` | the session decides | the session decides |
 * | only `trustClient` | the browser is believed: `null` | the same |
 */
export function createIdentity(options: IdentityOptions): (call: Call, token: string | null, sender: Sender) => Promise<Proof | null> {
  const { tokenSecret, authenticate, now, observe } = options
  const verifyToken = tokenSecret === undefined ? undefined : createTokenVerifier({ tokenSecret, now, observe })

  async function askSession(call: Call, sender: Sender, ask: Authenticate): Promise<Proof> {
    // A cookie goes along with whatever a page makes the browser send, so that here the origin must be known.
    if (sender.origin === null || sender.site === 'none') {
      throw new Refusal('origin_not_allowed', 'A session is proof only on a request that a browser’s page sent: with an Origin header.')
    }
    let session: Awaited<ReturnType<Authenticate>>
    try {
      session = await inTime(Promise.resolve(ask(call.request())), SESSION_MS)
    } catch {
      throw cannotAsk()
    }
    if (!session) throw new Refusal('no_session', 'There is no session that says who the customer is. Sign in and send the batch again.')
    const { customerId, meters } = session
    // What is no list of names must not be read as one: "page" includes "p".
    const readable = typeof customerId === 'string' && customerId !== '' && Array.isArray(meters ?? [])
    if (!readable) throw cannotAsk()
    return meters ? { customerId, meters } : { customerId }
  }

  function cannotAsk(): Refusal {
    observe({ type: 'alarm', alarm: 'authenticate_failed', detail: {} })
    return new Refusal('identity_unavailable', 'Sessions cannot be checked at the moment. Send the batch again.', 5000)
  }

  return async (call, token, sender) => {
    if (verifyToken && token !== null) return verifyToken(token)
    if (authenticate) return askSession(call, sender, authenticate)
    if (verifyToken) throw new Refusal('no_proof', 'The batch needs a "token" that proves who the customer is; `mintToken` makes one.')
    return null
  }
}
