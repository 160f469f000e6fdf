/**
 * A session in a signed cookie: whose it is and until when, and an HMAC that only this server can make.
 * Where you have sessions already, `readSession` is the one function to write.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const NAME = 'session'
const LIFE_SECONDS = 8 * 60 * 60

const sign = (text) => createHmac('sha256', process.env.SESSION_SECRET).update(text).digest('base64url')

/** The `Set-Cookie` header that signs a customer in. */
export function createSession(customerId, now = Date.now()) {
  const text = Buffer.from(JSON.stringify({ customerId, until: now + LIFE_SECONDS * 1000 })).toString('base64url')
  // Scripts cannot read it, and other sites' pages cannot make the browser send it.
  return `${NAME}=${text}.${sign(text)}; Path=/; Max-Age=${LIFE_SECONDS}; HttpOnly; Secure; SameSite=Lax`
}

/** The customer whose session a request belongs to, or `null`. */
export function readSession(request, now = Date.now()) {
  const cookies = (request.headers.get('cookie') ?? '').split(/;\s*/)
  const [text = '', signature = ''] = cookies.find((cookie) => cookie.startsWith(`${NAME}=`))?.slice(NAME.length + 1).split('.') ?? []
  const expected = Buffer.from(sign(text))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const { customerId, until } = JSON.parse(Buffer.from(text, 'base64url').toString())
  return now < until ? { customerId } : null
}
