import type { Coder } from '../../ports/coder.ts'
import { createCoding } from '../coding/create-coding.ts'

/** Returns the coder of a Node program: WebCrypto runs on Node's own threads, the erasure code on the calling one. */
export function createNodeCoder(): Coder {
  return createCoding(globalThis.crypto.subtle)
}
