/** Ids of 16 bytes each, as strings of 16 characters below 256. */
export interface IdSet {
  readonly size: number
  has(id: string): boolean
  add(id: string): void
  /** One of `of` parts, where they are in order: part 0 has the ids that begin lowest. */
  part(index: number, of: number): string[]
}

const BYTES = 16
const WORDS = 4
const FEWEST_BITS = 8
/** Beyond this, it takes long to find a free slot. */
const FULL = 3 / 4

/**
 * Hashes, packed: 21 to 43 bytes for each, where a `Set` of strings takes 60 and has the garbage collector go through
 * all of them. A table with open addressing: an id has the slot that its first half gives, or the next free one. Which
 * that is nobody outside can know, so that nobody can look for ids that crowd together.
 */
export function createIdSet(): IdSet {
  let bits = FEWEST_BITS
  let table = new Uint32Array(2 ** bits * WORDS)
  let size = 0
  const words = new Uint32Array(WORDS)
  const [m = 1, n = 1] = crypto.getRandomValues(new Uint32Array(2)).map((number) => number | 1)
  let sorted: { slots: Uint32Array; ends: Uint32Array } | undefined

  /** Where the id of `words` stands in `table`, or would. An empty slot is all zeros; no hash is. */
  function seek(): number {
    const [a, b, c, d] = words as unknown as [number, number, number, number]
    const end = table.length
    let at = ((Math.imul(a, m) + Math.imul(b, n)) >>> (32 - bits)) * WORDS
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
    bits++
    table = new Uint32Array(2 ** bits * WORDS)
    for (let at = 0; at < before.length; at += WORDS) {
      words.set(before.subarray(at, at + WORDS))
      table.set(words, seek())
    }
  }

  function read(id: string) {
    for (let word = 0, at = 0; word < WORDS; word++, at += 4) {
      words[word] = (id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16) | (id.charCodeAt(at + 2) << 8) | id.charCodeAt(at + 3)
    }
  }

  /** Puts the slots that are taken in the order of their parts. */
  function sort(of: number) {
    const partAt = (at: number) => Math.floor(((table[at] as number) / 2 ** 32) * of)
    const ends = new Uint32Array(of)
    const slots = new Uint32Array(size)
    for (let at = 0; at < table.length; at += WORDS) if (!isFree(at)) ends[partAt(at)]!++
    for (let part = 1; part < of; part++) ends[part]! += ends[part - 1]!
    const next = ends.slice()
    for (let at = 0; at < table.length; at += WORDS) if (!isFree(at)) slots[--next[partAt(at)]!] = at
    return { slots, ends }
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
      if (size >= 2 ** bits * FULL) grow()
      read(id)
      const at = seek()
      if (!isFree(at)) return
      table.set(words, at)
      size++
      sorted = undefined
    },
    part(index, of) {
      if (sorted?.ends.length !== of) sorted = sort(of)
      const { slots, ends } = sorted
      const bytes = Buffer.alloc(BYTES)
      return Array.from(slots.subarray(index === 0 ? 0 : ends[index - 1], ends[index]), (at) => {
        for (let word = 0; word < WORDS; word++) bytes.writeUInt32BE(table[at + word] as number, word * 4)
        return bytes.toString('latin1')
      })
    },
  }
}
