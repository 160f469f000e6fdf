import { byId, setText } from '../dom.js'
import { isOnTheWay } from '../stages.js'
import { wayRow } from './way.js'

const MOST_ROWS = 200

/** The list of ways, newest first, and the three numbers above it. Redraws once a frame, however much changes. */
export function createList({ ways, holdsAreVisible }) {
  const list = byId('ways')
  const rows = new Map()
  let changed = new Set()

  function draw() {
    for (const way of changed) {
      if (!rows.has(way.id)) {
        const row = wayRow({ holdsAreVisible })
        rows.set(way.id, row)
        list.prepend(row.node)
      }
      rows.get(way.id).update(way)
    }
    changed = new Set()
    for (const [id, row] of rows) {
      if (rows.size <= MOST_ROWS) break
      row.node.remove()
      rows.delete(id)
    }
    tally()
  }

  function tally() {
    const all = ways.all()
    byId('ways-empty').hidden = all.length > 0
    setText(byId('tally-waiting'), String(all.filter(isOnTheWay).length))
    setText(byId('tally-held'), String(all.filter(({ held, receipt }) => (holdsAreVisible ? held : receipt?.outcome === 'accepted')).length))
    setText(byId('tally-twice'), String(all.filter(({ held }) => held?.length > 1).length))
  }

  return {
    change(way) {
      if (!changed.size) requestAnimationFrame(draw)
      changed.add(way)
    },
  }
}
