/**
 * What each of the five stages of a way says.
 * `state`: `none` (not there yet), `wait`, `done` or `bad`; `inside` is what the inspector shows.
 */
export function stagesOf(way, holdsAreVisible) {
  return [made(way), mapped(way), sent(way), answered(way), held(way, holdsAreVisible)]
}

export const isOnTheWay = (way) => !way.receipt && !way.held && !isLeftOut(way)

/** The call has resolved, and neither kept a record nor refused one: the log says why. */
const isLeftOut = ({ log, payload, receipt }) => Boolean(log && !payload && !receipt && !log.some((line) => line.endsWith(' kept')))

const none = { state: 'none', title: '', detail: '' }
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false })

function made({ type, name, at, event }) {
  if (!event) return { state: 'done', title: name, detail: 'left by an earlier page', inside: 'An earlier page made this event and was closed before its fate was known. It was kept in the browser, and sent from here.' }
  return { state: 'done', title: name ? `${type} ${name}` : type, detail: clock.format(at), inside: event }
}

function mapped(way) {
  const { type, payload, receipt, log } = way
  if (payload && type === 'identify') {
    return { state: 'done', title: payload.customerName, detail: plural(Object.keys(payload.traits ?? {}).length, 'trait'), inside: payload }
  }
  if (payload) {
    return { state: 'done', title: `${payload.meterApiName} = ${payload.meterValue}`, detail: plural(Object.keys(payload.dimensions ?? {}).length, 'dimension'), inside: payload }
  }
  if (receipt) return { state: receipt.outcome === 'accepted' ? 'done' : 'bad', title: receipt.outcome, detail: receipt.reason ?? '', inside: receipt }
  if (isLeftOut(way)) return { state: 'done', title: 'not sent', detail: (log.at(-1) ?? '').replace(`${way.id} `, ''), inside: log.join('\n') || 'The plugin says nothing.' }
  if (!log) return { state: 'wait', title: 'mapping', detail: '' }
  return { state: 'wait', title: 'kept', detail: 'in the outbox', inside: 'The record is stored in the browser, and waits for its batch to close.' }
}

function sent({ attempts, receipt }) {
  const last = attempts.at(-1)
  if (!last) return none
  const tries = attempts.length > 1 ? `${attempts.length} attempts` : `batch ${last.batch.slice(0, 8)}`
  const inside = attempts.map(({ via, url, bytes, queued, body }) => ({ via, url, bytes, queued, body: withoutToken(JSON.parse(body)) }))
  return { state: last.answer || receipt ? 'done' : 'wait', title: `${last.via} ${last.bytes.toLocaleString()} B`, detail: tries, inside }
}

function answered({ attempts, receipt }) {
  const last = attempts.at(-1)
  if (!last) return none
  const inside = { receipt: receipt ?? 'none yet', answers: attempts.map(({ via, answer }) => ({ via, ...(answer ?? { status: 'not known' }) })) }
  if (receipt) {
    const proof = receipt.via === 'beacon' ? 'by receipt' : 'by answer'
    const done = receipt.outcome === 'accepted'
    return { state: done ? 'done' : 'bad', title: receipt.outcome, detail: done ? proof : (receipt.reason ?? ''), inside }
  }
  if (!last.answer) return { state: 'wait', title: 'waiting', detail: 'for the answer', inside }
  return { state: 'bad', title: last.answer.status || 'no answer', detail: 'kept, tries again', inside }
}

function held({ held: records, arrivals, receipt }, visible) {
  if (records) {
    const twice = records.length > 1
    const detail = twice ? `${records.length} times` : arrivals > 1 ? `arrived ${arrivals}×, kept once` : 'once'
    return { state: twice ? 'bad' : 'done', title: 'held', detail, inside: records.length > 1 ? records : records[0] }
  }
  if (receipt?.outcome !== 'accepted') return none
  if (visible) return { state: 'wait', title: 'looking', detail: 'not there yet', inside: 'The collector has taken it. Should the sandbox have been emptied since, it will not come back: the collector remembers it as a duplicate.' }
  return { state: 'done', title: 'taken', detail: 'by Amberflo', inside: 'The collector answers 200 only when Amberflo has the record. Amberflo’s own console shows it.' }
}

const withoutToken = ({ token, ...envelope }) => (token ? { ...envelope, token: `${token.slice(0, 12)}… (a proof of the customer, ten minutes long)` } : envelope)
