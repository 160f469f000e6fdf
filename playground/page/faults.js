import { byId } from './dom.js'

/** The switch that makes things fail, between here and Amberflo. */
export function connectFaults({ kind, fault: current }) {
  const { elements } = byId('faults')
  elements.fault.value = current
  let last = current
  for (const choice of elements.fault) {
    if (kind !== 'sandbox' && choice.value === 'amberflo-down') choice.disabled = true
    choice.addEventListener('change', async () => {
      await fetch('/demo/fault', { method: 'PUT', body: choice.value })
      // What a browser does when the network is back.
      if (last === 'offline') window.dispatchEvent(new Event('online'))
      last = choice.value
    })
  }
}
