/** What a file weighs on its way to a browser. */
import { brotliCompressSync, constants } from 'node:zlib'

export const brotliBytes = (source) =>
  brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: source.length } }).length
