import { isUrl } from '../door/token.js'
import type { CollectorOptions } from '../options.js'
import { spoolDefaults } from '../spool/spool.js'
import { logLevels } from './log.js'

/** The environment or the command line is wrong; the message is one line that names what. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** A little less than the 30 s that orchestrators give. */
export const DRAIN_MS = 28_000

interface Variable {
  name: string
  /** The collector's option it sets, dotted for nested ones, or a setting of the server's own. */
  option: string
  /** `given` is the text with the blanks around it. */
  read(text: string, given: string): unknown
  /** As `--help` says it. */
  fallback: string
  help: string
}

const text = (value: string) => value

/** An HMAC key is every byte of it, as it is to whoever signs; an address is not. */
const secret = (value: string, given: string) => (isUrl(value) ? value : given)

const list = (value: string) => value.split(',').map((part) => part.trim()).filter((part) => part !== '')

const yesOrNo = (value: string) => {
  if (/^(true|1|yes|on)$/i.test(value)) return true
  if (/^(false|0|no|off)$/i.test(value)) return false
  throw new ConfigError('must be true or false')
}

const integer = (min: number, max = Number.MAX_SAFE_INTEGER) => (value: string) => {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < min || number > max) throw new ConfigError(`must be a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}`)
  return number
}

/** `BURST/PER_SECOND`, such as `10000/200`, or `off`. */
const rate = (value: string) => {
  if (value === 'off') return false
  const [, burst, perSecond] = /^(\d+)\/(\d+(?:\.\d+)?)$/.exec(value) ?? []
  if (!Number(burst) || !Number(perSecond)) throw new ConfigError('must be BURST/PER_SECOND such as 10000/200, or off')
  return { burst: Number(burst), perSecond: Number(perSecond) }
}

const proxies = (value: string) => (value === 'true' ? 1 : integer(0, 16)(value))

const level = (value: string) => {
  if (!(logLevels as readonly string[]).includes(value)) throw new ConfigError(`must be one of ${logLevels.join(', ')}`)
  return value
}

/** Every variable of the server: what reads it, and what `--help` says of it. */
export const variables: readonly Variable[] = [
  { name: 'AMBERFLO_API_KEY', option: 'apiKey', read: text, fallback: 'required', help: 'Amberflo’s API key; sent to Amberflo only' },
  { name: 'AMBERFLO_URL', option: 'amberfloUrl', read: text, fallback: 'https://app.amberflo.io', help: 'where usage is sent on to' },
  { name: 'COLLECTOR_ORIGINS', option: 'origins', read: list, fallback: 'same origin only', help: 'exact origins that may post, separated by commas' },
  { name: 'COLLECTOR_TOKEN_SECRET', option: 'tokenSecret', read: secret, fallback: 'required, or --trust-client', help: 'HS256 secret of at least 32 bytes, or https URL of a JWKS' },
  { name: 'COLLECTOR_METERS', option: 'meters', read: list, fallback: 'all', help: 'the only meters taken, separated by commas' },
  { name: 'COLLECTOR_CUSTOMERS', option: 'customers', read: yesOrNo, fallback: 'true', help: 'take customers (identify) at all' },
  { name: 'COLLECTOR_ALLOW_NEGATIVE', option: 'allowNegative', read: yesOrNo, fallback: 'false', help: 'take values below zero' },
  { name: 'COLLECTOR_SPOOL', option: 'spoolUrl', read: text, fallback: 'none: 200 means Amberflo has it', help: 'sqlite:FILE or redis://…: 200 means that it is on disk' },
  { name: 'COLLECTOR_SPOOL_MAX_ITEMS', option: 'spoolOptions.maxItems', read: integer(1), fallback: String(spoolDefaults.maxItems), help: 'a spool that holds so many answers 503' },
  { name: 'COLLECTOR_SPOOL_MAX_BYTES', option: 'spoolOptions.maxBytes', read: integer(1), fallback: String(spoolDefaults.maxBytes), help: 'the same, by bytes of JSON' },
  { name: 'COLLECTOR_SPOOL_LEASE_MS', option: 'spoolOptions.leaseMs', read: integer(1_000), fallback: String(spoolDefaults.leaseMs), help: 'how long a dead collector’s work waits for another' },
  { name: 'COLLECTOR_MAX_BODY_BYTES', option: 'limits.bodyBytes', read: integer(1), fallback: '65536', help: 'largest body' },
  { name: 'COLLECTOR_MAX_RECORDS', option: 'limits.records', read: integer(1), fallback: '500', help: 'most records in a body' },
  { name: 'COLLECTOR_MAX_CUSTOMERS', option: 'limits.customers', read: integer(1), fallback: '20', help: 'most customers in a body' },
  { name: 'COLLECTOR_MAX_IN_HAND', option: 'limits.inHand', read: integer(1), fallback: '1000', help: 'most requests in hand at once' },
  { name: 'COLLECTOR_READ_TIMEOUT_MS', option: 'limits.readTimeoutMs', read: integer(1), fallback: '10000', help: 'how long a body may take to arrive' },
  { name: 'COLLECTOR_RATE_PER_CUSTOMER', option: 'limits.perCustomer', read: rate, fallback: '10000/200', help: 'burst/per second: a customer’s items; off' },
  { name: 'COLLECTOR_RATE_PER_IP', option: 'limits.perIp', read: rate, fallback: '2000/200', help: 'burst/per second: an address’s requests; off' },
  { name: 'COLLECTOR_VALUE_PER_DAY', option: 'limits.valuePerDay', read: integer(1), fallback: 'no cap', help: 'most metered for one customer in a day' },
  { name: 'COLLECTOR_TRUST_PROXY', option: 'trustProxy', read: proxies, fallback: '0', help: 'how many proxies write X-Forwarded-For' },
  { name: 'COLLECTOR_UPSTREAM_TIMEOUT_MS', option: 'upstreamTimeoutMs', read: integer(1), fallback: '10000', help: 'how long one request to Amberflo may take' },
  { name: 'COLLECTOR_DRAIN_MS', option: 'drainMs', read: integer(0), fallback: String(DRAIN_MS), help: 'how long what is in hand may take after SIGTERM' },
  { name: 'COLLECTOR_LOG_LEVEL', option: 'logLevel', read: level, fallback: 'info', help: logLevels.join(', ') },
  { name: 'HOST', option: 'host', read: text, fallback: 'all addresses', help: 'the address to listen on' },
  { name: 'PORT', option: 'port', read: integer(0, 65_535), fallback: '8787', help: '0 picks a free one' },
]

/** The server's settings: the collector's options, and what is its own. */
export interface ServerSettings extends Omit<CollectorOptions, 'spool'> {
  spoolUrl?: string
  spoolOptions?: { maxItems?: number; maxBytes?: number; leaseMs?: number }
  logLevel?: (typeof logLevels)[number]
  drainMs?: number
  host?: string
  port?: number
}

/** Reads the environment; a variable that is empty counts as not set. @throws ConfigError */
export function readEnvironment(env: NodeJS.ProcessEnv): ServerSettings {
  const settings: Record<string, unknown> = {}
  for (const { name, option, read } of variables) {
    const given = env[name] ?? ''
    const value = given.trim()
    if (!value) continue
    const [outer = '', inner] = option.split('.')
    try {
      if (inner === undefined) settings[outer] = read(value, given)
      else settings[outer] = { ...(settings[outer] as object), [inner]: read(value, given) }
    } catch (error) {
      if (error instanceof ConfigError) throw new ConfigError(`${name} ${error.message}`)
      throw error
    }
  }
  return settings as unknown as ServerSettings
}

/**
 * Variables that are named like the server's and are none of them: a cap that is misspelt caps nothing. What Kubernetes
 * says of a service that is called `collector` or `amberflo` is meant for nobody.
 */
export const unknownVariables = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env).filter((name) => /^(AMBERFLO|COLLECTOR)_/.test(name) && !/_SERVICE_|_PORT_\d/.test(name) && !/^(tcp|udp|sctp):/.test(env[name] ?? '') && !variables.some((variable) => variable.name === name))

/** What the collector says of its options, said of the variables that set them. */
export function asConfigError(error: unknown): ConfigError {
  const message = error instanceof Error ? error.message : String(error)
  const said = message.replace(/^createCollector: /, '').replace(/`([\w.]+)`/g, (quoted, option: string) => variables.find((variable) => variable.option === option)?.name ?? quoted)
  return new ConfigError(said.replace(/\s+/g, ' '))
}

/** The table of `--help`. */
export function describeVariables(): string {
  const width = Math.max(...variables.map(({ name }) => name.length))
  const middle = Math.max(...variables.map(({ fallback }) => fallback.length))
  return variables.map(({ name, fallback, help }) => `  ${name.padEnd(width)}  ${fallback.padEnd(middle)}  ${help}`).join('\n')
}
