import { byId } from './dom.js'

/** The switch that makes things fail, between here and Amberflo. */
export function connectFaults({ kind, fault: current }) {
  const { elements } = byId('faults')
  elements.fault.value = current
  let last = current
  for (const choice of elements.fault) {
    if (kind !== 'sandbox' && choice.value === 'amberflo-down') choice.disabled = true
    choice.addEventListener('change', async () => {
      try {
        await fetch('/demo/fault', { method: 'PUT', body: choice.value })
      } catch {
        // The server is gone: what is shown stays what is so.
        elements.fault.value = last
        return
      }
      // What a browser says when the network is back; after any other fault it saves who looks a wait of up to a minute.
      if (choice.value === 'none' && last !== 'none') window.dispatchEvent(new Event('online'))
      last = choice.value
    })
  }
}
