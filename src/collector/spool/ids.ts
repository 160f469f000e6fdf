/** Ids of 16 bytes each, as strings of 16 characters below 256. */
export interface IdSet {
  readonly size: number
  has(id: string): boolean
  add(id: string): void
  /** The ids of one of `of` parts, in about their own order: part 0 has those that begin lowest. `of`: a power of two up to 4,096. */
  part(index: number, of: number): string[]
}

const BYTES = 16
const WORDS = 4
const FEWEST_SLOTS = 4096
/** Beyond this, it takes long to find a free slot. */
const FULL = 3 / 4

/**
 * Hashes, packed: 21 to 43 bytes for each, where a `Set` of strings takes 70 and has the garbage collector go through
 * all of them. A table with open addressing: an id has the slot that its first bits name, or the next free one.
 */
export function createIdSet(): IdSet {
  let table = new Uint32Array(FEWEST_SLOTS * WORDS)
  let slots = FEWEST_SLOTS
  let size = 0
  const words = new Uint32Array(WORDS)

  /** Where the id of `words` stands in `table`, or would. An empty slot is all zeros; no hash is. */
  function seek(): number {
    const [a, b, c, d] = words as unknown as [number, number, number, number]
    const end = table.length
    let at = Math.floor((a / 2 ** 32) * slots) * WORDS
    while (!(table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d)) {
      if (isFree(at)) return at
      at += WORDS
      if (at === end) at = 0
    }
    return at
  }

  const isFree = (at: number) => table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0

  function grow() {
    const before = table
    slots *= 2
    table = new Uint32Array(slots * WORDS)
    for (let at = 0; at < before.length; at += WORDS) {
      for (let word = 0; word < WORDS; word++) words[word] = before[at + word] as number
      table.set(words, seek())
    }
  }

  function read(id: string) {
    for (let word = 0, at = 0; word < WORDS; word++, at += 4) {
      words[word] = (id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16) | (id.charCodeAt(at + 2) << 8) | id.charCodeAt(at + 3)
    }
  }

  return {
    get size() {
      return size
    },
    has(id) {
      read(id)
      return !isFree(seek())
    },
    add(id) {
      if (size >= slots * FULL) grow()
      read(id)
      const at = seek()
      if (!isFree(at)) return
      table.set(words, at)
      size++
    },
    part(index, of) {
      const ids: string[] = []
      const bytes = Buffer.alloc(BYTES)
      for (let at = (index * table.length) / of; at < ((index + 1) * table.length) / of; at += WORDS) {
        if (isFree(at)) continue
        for (let word = 0; word < WORDS; word++) bytes.writeUInt32BE(table[at + word] as number, word * 4)
        ids.push(bytes.toString('latin1'))
      }
      return ids
    },
  }
}
