import { createJournal } from './journal.js'
import type { Store } from './storage.js'
import { entries, entry } from './testing/courier.js'

afterEach(() => {
  localStorage.clear()
})

describe('the journal', () => {
  it('keeps each page’s items until they are written anew', () => {
    const journal = createJournal('outbox', localStorage)
    journal.write('p1', entries(2))
    journal.write('p2', [entry('x', { proof: undefined })])
    journal.write('p1', [entry('r9')])
    expect(journal.owners().sort()).toEqual(['p1', 'p2'])
    expect(journal.read('p1').map(({ id }) => id)).toEqual(['r9'])
    expect(journal.read('p2')).toEqual([expect.objectContaining({ id: 'x', kind: 'records', key: 'ann' })])
    expect(journal.read('p3')).toEqual([])
  })

  it('leaves nothing behind once empty', () => {
    const journal = createJournal('outbox', localStorage)
    journal.write('p1', entries(1))
    journal.write('p1', [])
    expect([journal.owners(), localStorage.length]).toEqual([[], 0])
  })

  it('knows its own entries only', () => {
    localStorage.setItem('theme', 'dark')
    createJournal('other', localStorage).write('p1', entries(1))
    expect(createJournal('outbox', localStorage).owners()).toEqual([])
  })

  it('survives a full storage', () => {
    const full = Object.freeze<Store>({})
    expect(() => createJournal('outbox', full).write('p1', entries(1))).not.toThrow()
  })
})
