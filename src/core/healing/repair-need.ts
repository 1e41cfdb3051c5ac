import type { FileCode } from '../policy.ts'
import type { Standing } from './evidence.ts'

/** A row of somebody's claim on one segment, as it counts here. */
export interface PieceSeen<Name extends string = string> {
  readonly index: number
  readonly peer: Name
  readonly standing: Standing
  /** Its holder counts as lost. */
  readonly isLost: boolean
  /** When its holder was last seen, Unix milliseconds. */
  readonly lastSeenAt: number
}

/** Distinct indices of a segment that people keep who are not lost. */
export interface Known {
  /** Of these, whatever was checked or is still believed. */
  readonly known: number
  /** Of these, what checks have proven: the only ones that count towards the urgent bound. */
  readonly proven: number
}

/** What a segment needs. */
export interface RepairNeed {
  /** Pieces to be made, until there are n. */
  readonly pieces: number
  /** There is no time for waiting, and the budget is four times as large. */
  readonly isUrgent: boolean
}

/** What the budget of a guardian is multiplied by when a repair is urgent. SPEC RPR2. */
export const URGENT_BUDGET = 4
/** Most pieces above k at which a repair is urgent. SPEC RPR2. */
const URGENT_MARGIN = 4

/** Returns how many indices of a segment are known. An index that several people keep counts once. SPEC RPR1. */
export function knownOf(pieces: readonly Pick<PieceSeen, 'index' | 'standing' | 'isLost'>[]): Known {
  const known = new Set<number>()
  const proven = new Set<number>()
  for (const { index, standing, isLost } of pieces) {
    if (isLost || (standing !== 'proven' && standing !== 'told')) continue
    known.add(index)
    if (standing === 'proven') proven.add(index)
  }
  return { known: known.size, proven: proven.size }
}

/**
 * Returns what is to be made for a segment, undefined while at least m are known. What is repaired is filled up to n, since the k pieces
 * that a repair fetches cost the same for one new piece as for many.
 * Source: SPEC.md RPR2; research: up to m only costs 3.5 times the traffic.
 */
export function repairNeed({ known, proven }: Known, code: FileCode): RepairNeed | undefined {
  return known >= code.m ? undefined : { pieces: code.n - known, isUrgent: proven < urgentBound(code) }
}

/** Returns the number of proven pieces below which a repair is urgent. SPEC RPR2. */
export function urgentBound({ k, m }: Pick<FileCode, 'k' | 'm'>): number {
  return k + Math.min(URGENT_MARGIN, Math.ceil((m - k) / 2))
}

/**
 * Tells whether it is more likely that this device is cut off than that so many people are gone. It then repairs nothing for `claimMs`.
 * @param expected people whom it believes to be there and asked
 * @param answered those of them who answered
 * Source: SPEC.md RPR8.
 */
export function isOwnFault(expected: number, answered: number): boolean {
  return 2 * answered < expected
}
