import { element, setText } from '../dom.js'
import { stagesOf } from '../stages.js'

const names = ['Segment event', 'Amberflo record', 'Beacon', 'Answer', 'Now held']
let serial = 0

/** One event's row: five buttons, and below them what is inside the stage that was pressed. */
export function wayRow({ holdsAreVisible }) {
  const id = `inspector-${(serial += 1)}`
  const inside = element('pre', { tabindex: '0' })
  const inspector = element('div', { class: 'inspector', id, hidden: '' }, inside)
  let stages = []
  let open = -1

  const cells = names.map((name, index) => {
    const title = element('span', { class: 'stage-title' })
    const detail = element('span', { class: 'stage-detail' })
    const label = element('span', { class: 'stage-name' }, name)
    const button = element('button', { type: 'button', class: 'stage', 'aria-expanded': 'false', 'aria-controls': id }, label, title, detail)
    button.addEventListener('click', () => {
      open = open === index ? -1 : index
      show()
    })
    return { button, title, detail }
  })

  function show() {
    const stage = stages[open]
    cells.forEach(({ button }, index) => button.setAttribute('aria-expanded', String(index === open)))
    inspector.hidden = !stage
    if (!stage) return
    inside.setAttribute('aria-label', `${names[open]}, in full`)
    setText(inside, typeof stage.inside === 'string' ? stage.inside : JSON.stringify(stage.inside, null, 2))
  }

  const node = element('li', { class: 'way' }, element('div', { class: 'stages' }, ...cells.map(({ button }) => button)), inspector)
  return {
    node,
    update(way) {
      stages = stagesOf(way, holdsAreVisible)
      stages.forEach(({ state, title, detail, inside: content }, index) => {
        const cell = cells[index]
        cell.button.dataset.state = state
        cell.button.disabled = content === undefined
        setText(cell.title, String(title))
        setText(cell.detail, detail)
      })
      if (stages[open]?.inside === undefined) open = -1
      show()
    },
  }
}
