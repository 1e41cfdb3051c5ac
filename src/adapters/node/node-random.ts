import { randomBytes } from 'node:crypto'
import type { Random } from '../../ports/random.ts'

/** Returns the system's source of randomness. */
export function createNodeRandom(): Random {
  return { bytes: (length) => new Uint8Array(randomBytes(length)) }
}
