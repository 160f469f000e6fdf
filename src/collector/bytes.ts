type Reader = ReadableStreamDefaultReader<Uint8Array>

/** Reads to the end and gives all bytes; `null`, and reads no further, as soon as there are more than `maxBytes`. */
export async function readBounded(reader: Reader, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return join(chunks, size)
    size += value.byteLength
    if (size > maxBytes) {
      leave(reader)
      return null
    }
    chunks.push(value)
  }
}

/** Says that no more will be read. What the other side thinks of it is of no interest. */
export function leave(reader: Reader): void {
  reader.cancel().catch(() => undefined)
}

/** One array of all chunks, which are `size` bytes together. */
export function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
