import { watchLeaving } from './leaving.js'
import { hide, show } from './testing/page.js'

const watch = () => {
  const heard: string[] = []
  const closing = new AbortController()
  watchLeaving({
    leave: (gone) => heard.push(gone ? 'gone' : 'hidden'),
    release: () => heard.push('may go'),
    restored: () => heard.push('restored'),
    awake: () => heard.push('awake'),
  }, closing.signal)
  return { heard, stop: () => closing.abort() }
}
const pageshow = (persisted: boolean) => Object.assign(new Event('pageshow'), { persisted })

afterEach(() => {
  show()
})

describe('the page’s end', () => {
  it('hears it hide, freeze, go and come back', () => {
    const { heard, stop } = watch()
    hide()
    document.dispatchEvent(new Event('freeze'))
    dispatchEvent(new Event('beforeunload'))
    dispatchEvent(new Event('pagehide'))
    dispatchEvent(pageshow(true))
    show()
    dispatchEvent(new Event('online'))
    expect(heard).toEqual(['hidden', 'hidden', 'may go', 'gone', 'restored', 'awake', 'awake'])
    stop()
  })

  it('is not awake before it is restored, in the order of events that browsers keep', () => {
    const { heard, stop } = watch()
    dispatchEvent(new Event('beforeunload'))
    dispatchEvent(new Event('pagehide'))
    hide()
    show()
    dispatchEvent(pageshow(true))
    hide()
    show()
    expect(heard).toEqual(['may go', 'gone', 'hidden', 'restored', 'hidden', 'awake'])
    stop()
  })

  it('takes a first load for no return', () => {
    const { heard, stop } = watch()
    dispatchEvent(pageshow(false))
    expect(heard).toEqual([])
    stop()
  })

  it('stops listening', () => {
    const { heard, stop } = watch()
    stop()
    hide()
    show()
    dispatchEvent(new Event('pagehide'))
    dispatchEvent(new Event('online'))
    expect(heard).toEqual([])
  })
})
