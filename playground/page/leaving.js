import { byId, setText } from './dom.js'

const KEY = 'playground leaving'

/** The page is about to reload with events just made: the next page counts how many of them arrived. */
export function rememberLeaving(run, count) {
  sessionStorage.setItem(KEY, JSON.stringify({ run, count }))
}

/** Says how many of the events that were made right before the reload Amberflo holds by now. */
export function announceReturn(records) {
  const left = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
  if (!left) return
  const arrived = records.filter(({ dimensions }) => dimensions?.run === left.run).length
  const note = byId('return')
  note.hidden = false
  setText(note, `Before the reload, ${left.count} events were made: ${arrived} of ${left.count} arrived.`)
  if (arrived >= left.count) sessionStorage.removeItem(KEY)
}
