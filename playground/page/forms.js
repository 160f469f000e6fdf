import { byId } from './dom.js'

/**
 * The forms on the left, each one call of Analytics.js.
 *
 * @param {(method: 'identify' | 'page' | 'screen' | 'track', ...args: unknown[]) => Promise<void>} call
 * @param {{ onLogOut(): void, onLeave(run: string, count: number): void }} listener
 *   `onLeave` is told before the page reloads on purpose
 */
export function connectForms(call, { onLogOut, onLeave }) {
  onSubmit('identify', ({ userId, json }) => call('identify', userId, json))
  onSubmit('page', ({ name }) => call('page', name))
  onSubmit('screen', ({ name }) => call('screen', name))
  onSubmit('track', (fields) => call('track', fields.name, propertiesOf(fields)))

  // Whatever the form holds.
  button('identify', 'reset').addEventListener('click', onLogOut)
  onPress('track', 'many', (fields) => {
    for (let index = 0; index < 50; index += 1) call('track', fields.name, propertiesOf(fields))
  })
  onPress('track', 'leave', async (fields) => {
    const run = crypto.randomUUID().slice(0, 8)
    const count = 20
    onLeave(run, count)
    const properties = { ...propertiesOf(fields), run }
    // Once a call has resolved, its record is kept: the page may go before any batch has left it.
    await Promise.all(Array.from({ length: count }, () => call('track', fields.name, properties)))
    location.reload()
  })
}

/** A number as a number; anything else as it was typed, so that its refusal can be seen. */
function propertiesOf({ value, json }) {
  if (value.trim() === '') return json
  return { ...json, value: Number.isFinite(Number(value)) ? Number(value) : value }
}

function onSubmit(id, call) {
  const form = byId(id)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const fields = read(form)
    if (fields) call(fields)
  })
}

function onPress(id, action, call) {
  button(id, action).addEventListener('click', () => {
    const fields = read(byId(id))
    if (fields) call(fields)
  })
}

const button = (id, action) => byId(id).querySelector(`[data-action=${action}]`)

/** The form's fields, with `json` as an object; or `undefined`, and the form says what is wrong. */
function read(form) {
  const fields = Object.fromEntries(new FormData(form))
  const { name, json } = form.elements
  if (!json) return fields
  const { value, problem } = parseObject(json.value)
  // Analytics.js throws for an event without a name, and there would be nothing to see.
  const nameless = Boolean(name) && name.value === ''
  const error = form.querySelector('.error')
  error.textContent = nameless ? 'An event needs a name.' : (problem ?? '')
  error.hidden = !error.textContent
  name?.setAttribute('aria-invalid', String(nameless))
  json.setAttribute('aria-invalid', String(Boolean(problem)))
  if (nameless) name.focus()
  else if (problem) json.focus()
  return nameless || problem ? undefined : { ...fields, json: value }
}

function parseObject(text) {
  if (text.trim() === '') return { value: {} }
  try {
    const value = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? { value } : { problem: 'An object is needed: { "name": "value" }.' }
  } catch (error) {
    return { problem: `Not valid JSON. ${error.message}` }
  }
}
