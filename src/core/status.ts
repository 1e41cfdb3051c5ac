import type { Grade } from './policy.ts'

/** The closed list of words said about a file. SPEC POL7. */
export type StatusWord =
  'On this device only' | 'Storing' | 'Fragile' | 'Protected' | 'Strong' | 'Restoring' | 'Waiting for people' | 'Cannot be rebuilt'

/** Facts about a file's worst segment; counts are of distinct indices. */
export interface StatusFacts {
  /** The outbox has every sealed byte, so the file can be read and placed from here. */
  readonly hasLocalCopy: boolean
  /** Sealing or placing is going on now. */
  readonly isTransferring: boolean
  readonly isRepairing: boolean
  /** Pieces held by people who answer now. */
  readonly reachable: number
  /** Pieces held by people who are not given up. */
  readonly known: number
  /** The owner knows everybody who was ever given a piece. A reader that knows too few may just not have met the others. */
  readonly knowsEverybody: boolean
  /** Pieces that their holders claim and this owner has verified. */
  readonly verified: number
  /** One random leaf of each of m pieces came back right. */
  readonly isReadBack: boolean
  /** The code of the file, all 0 while nothing is decided or read. */
  readonly k: number
  readonly m: number
  readonly n: number
  readonly grade: Grade
}

/** Returns the one word that is true of a file. SPEC POL7. */
export function statusOf(facts: StatusFacts): StatusWord {
  const { hasLocalCopy, isTransferring, isRepairing, reachable, known, knowsEverybody, verified, isReadBack, k, m, n, grade } = facts
  const isDecided = n > 0
  const isStored = isDecided && verified >= m && isReadBack
  if (isTransferring && !isStored) return 'Storing'
  if (hasLocalCopy) {
    if (isStored) return grade
    return isDecided && verified > k ? 'Fragile' : 'On this device only'
  }
  if (!isDecided) return 'Waiting for people'
  if (known < k && knowsEverybody) return 'Cannot be rebuilt'
  if (reachable < k) return 'Waiting for people'
  if (isRepairing) return 'Restoring'
  return known < m ? 'Fragile' : grade
}
