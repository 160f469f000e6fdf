import { byId, setText } from './dom.js'
import { connectFaults } from './faults.js'
import { connectForms } from './forms.js'
import { forgetWhomNobodyKnows } from './forget.js'
import { watchHolds } from './holds.js'
import { announceReturn, rememberLeaving } from './leaving.js'
import { tap } from './tap.js'
import { COLLECTOR, loadAnalytics } from './usage.js'
import { createList } from './view/list.js'
import { usageChart } from './view/chart.js'
import { showCustomers } from './view/customers.js'
import { createWays } from './ways.js'

const config = await (await fetch('/demo/config')).json()
const isSandbox = config.kind === 'sandbox'

const ways = createWays((way) => list.change(way))
const list = createList({ ways, holdsAreVisible: isSandbox })

if (isSandbox) await forgetWhomNobodyKnows()

// Before the plugin is made, so that no request of it is missed.
tap(COLLECTOR, { onSent: ways.sent, onAnswered: ways.answered })
const { analytics, customer, call } = loadAnalytics({ onEvent: ways.made, onDone: ways.done, onReceipt: ways.settled })

connectForms(call, { onLogOut: () => analytics.reset(), onLeave: rememberLeaving })
connectFaults(config)

setText(byId('mode'), isSandbox ? 'an Amberflo sandbox on this machine' : `Amberflo at ${new URL(config.amberfloUrl).host}`)
setText(byId('amberflo-where'), isSandbox ? 'A sandbox in memory; it asks for the key.' : `${new URL(config.amberfloUrl).host}; it asks for the key.`)

await analytics
const showCustomer = () => setText(byId('customer'), analytics.instance.user().id() ?? `${customer().slice(0, 8)}… (anonymous)`)
showCustomer()
for (const moment of ['identify', 'reset']) analytics.on(moment, showCustomer)

if (isSandbox) {
  watchHolds({
    isBusy: () => ways.all().some((way) => !way.held && Date.now() - way.at < 60_000),
    onHolds({ all, fresh, customers, repeated }) {
      ways.held(fresh, customers, repeated)
      byId('chart').replaceChildren(usageChart(all))
      showCustomers(customers)
      announceReturn(all)
    },
  })
} else {
  byId('held-body').hidden = true
  byId('held-elsewhere').hidden = false
  // What Amberflo discards cannot be seen from here.
  byId('tally-twice').parentElement.hidden = true
  setText(byId('held-elsewhere'), 'This is your real account: look at it in Amberflo’s own console. New meters appear there after some minutes.')
}

byId('clear').addEventListener('click', async () => {
  if (isSandbox) await fetch('/demo/amberflo', { method: 'DELETE' })
  location.reload()
})
