import { createRemoteJWKSet, errors, jwtVerify, SignJWT } from 'jose'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { Observe } from '../events.js'
import { createMemory } from '../memory.js'
import { Refusal } from './refusal.js'

const TOKEN_AUDIENCE = 'amberflo-collector'
const MIN_SECRET_BYTES = 32

/** How long after its end a token still carries what was metered under it. */
export const LATE_DELIVERY_MS = 24 * 60 * 60 * 1000

/** Longer ones, with long lists of meters, are verified each time, so that the memory stays small. */
const MAX_CACHED_CHARS = 8192
const MAX_CACHED_TOKENS = 10_000

/** A key that has left the JWKS is believed for twice this longer at most, and for the 10 minutes that `jose` keeps the set. */
const JWKS_PROOF_MS = 5 * 60 * 1000
/** How soon the JWKS is read again for a key that is not in it: a new key may be in use at once, and until it is read its tokens get 401. */
const JWKS_COOLDOWN_MS = 1_000

/** Only signatures that need the private key: an HMAC "signed" with a public key must not pass. */
const ASYMMETRIC_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Who pays, proved by a token or a session. */
export interface Proof {
  customerId: string
  /** The only meters that may be used; none named: every one. */
  meters?: readonly string[]
  /** When the proof ends or ended, epoch milliseconds; sessions end with the request. */
  expiresAt?: number
}

export interface MintOptions {
  /** At least 32 bytes; the collector's `tokenSecret`. */
  secret: string | undefined
  customerId: string
  /** Restricts the token to these meters. */
  meters?: readonly string[] | undefined
  /** Seconds. @default 600 */
  expiresIn?: number | undefined
}

/**
 * Makes a token that proves to the collector who the customer is. Call it on your server, for the customer
 * of the session.
 * @throws TypeError that says which of them is wrong
 */
export async function mintToken({ secret, customerId, meters, expiresIn = 600 }: MintOptions): Promise<string> {
  // The collector would not believe it: there, an address is where the keys are.
  if (typeof secret === 'string' && isUrl(secret)) throw new TypeError('mintToken: `secret` is an address; with a JWKS, sign with your own private key')
  if (typeof customerId !== 'string' || customerId === '') throw new TypeError('mintToken: `customerId` must be a non-empty string')
  if (!Number.isFinite(expiresIn) || expiresIn <= 0) throw new TypeError('mintToken: `expiresIn` must be a finite number of seconds above 0')
  if (meters !== undefined && !isMeterList(meters)) throw new TypeError('mintToken: `meters` must be a list of meter names')
  const issuedAt = Math.floor(Date.now() / 1000)
  return new SignJWT(meters === undefined ? {} : { meters: [...meters] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(customerId)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.ceil(expiresIn))
    .sign(encodeSecret(secret, 'mintToken: `secret`'))
}

/** The bytes of an HS256 secret. @throws TypeError when there are too few of them */
export function encodeSecret(secret: string | undefined, name: string): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array()
  if (bytes.length < MIN_SECRET_BYTES) throw new TypeError(`${name} must be a string of at least ${MIN_SECRET_BYTES} bytes`)
  return bytes
}

export interface TokenOptions {
  /** An HS256 secret, or the URL of a JWKS. */
  tokenSecret: string
  now: () => number
  observe: Observe
}

/**
 * Verifies tokens. A token that ended less than 24 hours ago is given back too, with its `expiresAt`:
 * what it still carries is for the caller to judge.
 */
export function createTokenVerifier({ tokenSecret, now, observe }: TokenOptions): (token: string) => Promise<Proof> {
  const [verify, ttlMs] = isUrl(tokenSecret) ? [verifyByJwks(tokenSecret, observe), JWKS_PROOF_MS] : [verifyBySecret(tokenSecret), LATE_DELIVERY_MS]
  const known = createMemory<Proof>({ max: MAX_CACHED_TOKENS, ttlMs, now })

  return async (token) => {
    let proof = known.get(token)
    // An ended token is verified each time: its key may have been withdrawn since.
    if (proof === undefined || isOver(proof, now())) {
      proof = readClaims(await verify(token, new Date(now())))
      if (token.length <= MAX_CACHED_CHARS && !isOver(proof, now())) known.set(token, proof)
    }
    if (now() >= (proof.expiresAt as number) + LATE_DELIVERY_MS) throw expiredToken()
    return proof
  }
}

const isOver = (proof: Proof, time: number) => time >= (proof.expiresAt as number)

export const isUrl = (text: string) => /^https?:\/\//i.test(text)

type Verify = (token: string, currentDate: Date) => Promise<JWTPayload>

function verifyBySecret(secret: string): Verify {
  const bytes = encodeSecret(secret, 'tokenSecret')
  let key: Promise<CryptoKey> | undefined
  return async (token, currentDate) => {
    key ??= crypto.subtle.importKey('raw', bytes as BufferSource, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    const imported = await key
    return verifiedPayload(() => jwtVerify(token, imported, { algorithms: ['HS256'], audience: TOKEN_AUDIENCE, currentDate }))
  }
}

function verifyByJwks(url: string, observe: Observe): Verify {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(url), { cooldownDuration: JWKS_COOLDOWN_MS })
  return async (token, currentDate) => {
    let unavailable = false
    const getKey: JWTVerifyGetKey = async (header, input) => {
      try {
        return await keys(header, input)
      } catch (error) {
        // No such key is the token's fault; no keys at all is ours.
        unavailable = !(error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported)
        throw error
      }
    }
    try {
      return await verifiedPayload(() => verifyByAny((key) => jwtVerify(token, key as JWTVerifyGetKey, { algorithms: ASYMMETRIC_ALGORITHMS, audience: TOKEN_AUDIENCE, currentDate }), getKey))
    } catch (error) {
      if (!unavailable) throw error
      observe({ type: 'alarm', alarm: 'jwks_unavailable', detail: {} })
      throw new Refusal('identity_unavailable', 'The keys that tokens are checked with cannot be read at the moment. Send the batch again.', 5000)
    }
  }
}

/** A token that does not name its key is tried with each that fits. */
async function verifyByAny<T>(verify: (key: JWTVerifyGetKey | CryptoKey) => Promise<T>, getKey: JWTVerifyGetKey): Promise<T> {
  try {
    return await verify(getKey)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return await verify(key)
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other
      }
    }
    throw error
  }
}

/** The claims of a token whose signature and audience are right, be it over or not. */
async function verifiedPayload(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verify()).payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) return error.payload
    throw badToken()
  }
}

const isMeterList = (meters: unknown): meters is string[] => Array.isArray(meters) && meters.every((meter) => typeof meter === 'string')

/** The year 5138, in seconds. */
const LAST_END = 1e11

function readClaims({ sub, exp, meters }: JWTPayload): Proof {
  // Milliseconds, by mistake, would never end.
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number' || exp > LAST_END) throw badToken()
  const proof: Proof = { customerId: sub, expiresAt: exp * 1000 }
  if (meters === undefined) return proof
  // A list that cannot be read must not become "every meter".
  if (!isMeterList(meters)) throw badToken()
  return { ...proof, meters }
}

const badToken = () =>
  new Refusal(
    'bad_token',
    `The token is not one of this collector’s: it must be a JWT signed with its key, with "sub" (the customer), "aud" "${TOKEN_AUDIENCE}" and "exp" (in seconds).`,
  )

export const expiredToken = () => new Refusal('expired_token', 'The token has expired. Get a new one and send the batch again.')
