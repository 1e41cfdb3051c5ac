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
  /** Lost pieces of a stored file are being made anew, here or elsewhere. */
  readonly isRepairing: boolean
  /** Pieces held by people who answer now. */
  readonly reachable: number
  /** Pieces held by people who are not given up. */
  readonly known: number
  /** The owner, who knows everybody that was given a piece, has looked for them long enough. A reader may just not have met the others. */
  readonly isGivenUp: boolean
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
  const { hasLocalCopy, isTransferring, isRepairing, reachable, known, isGivenUp, verified, isReadBack, k, m, n, grade } = facts
  const isDecided = n > 0
  const isStored = isDecided && verified >= m && isReadBack
  if (isTransferring && !isStored) return 'Storing'
  if (hasLocalCopy) {
    if (isStored) return grade
    if (!isDecided || verified <= k) return 'On this device only'
    return isRepairing && isReadBack ? 'Restoring' : 'Fragile'
  }
  if (!isDecided) return 'Waiting for people'
  if (known < k && isGivenUp) return 'Cannot be rebuilt'
  if (reachable < k) return 'Waiting for people'
  if (known >= m) return grade
  return isRepairing ? 'Restoring' : 'Fragile'
}
