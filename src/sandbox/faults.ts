import { isObject } from './canonical.js'

/**
 * How the next requests to the API go wrong. Without `status`, `reset` and `cut` they are merely late.
 * `/sandbox/…` is never touched.
 */
export interface Fault {
  /** Answer with this status; nothing is taken. */
  status?: number
  /** With `status`: headers of the answer, such as `Retry-After` or `Location`. */
  headers?: Record<string, string>
  /** With `status`: text of the answer. */
  body?: string
  /** How many requests; 1 by default, 0 ends all faults. */
  count?: number
  /** Wait so long before anything else, in milliseconds. */
  delayMs?: number
  /** Reset the connection; nothing is taken. */
  reset?: boolean
  /** Take the request, then reset the connection before the answer. */
  cut?: boolean
  /** Only requests whose path begins so, such as `/ingest`. */
  path?: string
  /** Only requests whose body contains this text, such as one record's id. */
  match?: string
}

const rules: Record<keyof Fault, [(value: unknown) => boolean, string]> = {
  status: [(value) => value === 0 || (Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599), 'an integer from 200 to 599, or 0 for none'],
  headers: [(value) => isObject(value) && Object.values(value).every((one) => typeof one === 'string'), 'an object of strings'],
  body: [(value) => typeof value === 'string', 'a string'],
  count: [(value) => Number.isInteger(value) && (value as number) >= 0, 'an integer from 0'],
  delayMs: [(value) => Number.isFinite(value) && (value as number) >= 0, 'milliseconds from 0'],
  reset: [(value) => typeof value === 'boolean', 'true or false'],
  cut: [(value) => typeof value === 'boolean', 'true or false'],
  path: [(value) => typeof value === 'string', 'a string'],
  match: [(value) => typeof value === 'string', 'a string'],
}

/** @throws TypeError that says what is wrong with it. */
export function parseFault(value: unknown): Fault {
  if (!isObject(value)) throw new TypeError('a fault must be an object')
  const fault: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof Fault] : undefined
    if (!rule) throw new TypeError(`unknown field ${name}; known: ${Object.keys(rules).join(', ')}`)
    if (field === null) continue
    if (!rule[0](field)) throw new TypeError(`${name} must be ${rule[1]}`)
    fault[name] = field
  }
  return fault
}

/** The faults that are set, in order; each is used up before the next one that fits the same request. */
export function createFaults() {
  let waiting: { fault: Fault; left: number }[] = []

  return {
    /** Replaces whatever was set. */
    set(faults: readonly Fault[]) {
      waiting = faults.map((fault) => ({ fault, left: fault.count ?? 1 })).filter(({ left }) => left > 0)
    },
    list: (): Fault[] => waiting.map(({ fault, left }) => ({ ...fault, count: left })),
    needsBody: () => waiting.some(({ fault }) => fault.match !== undefined),
    /** The fault of this request, if it has one. */
    take(path: string, body: string): Fault | undefined {
      const hit = waiting.find(({ fault }) => path.startsWith(fault.path ?? '') && body.includes(fault.match ?? ''))
      if (!hit) return undefined
      hit.left -= 1
      waiting = waiting.filter(({ left }) => left > 0)
      return hit.fault
    },
  }
}
