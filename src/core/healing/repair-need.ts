import type { FileCode } from '../policy.ts'
import { MAX_SHARDS } from '../sizes.ts'
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

/** The same, and when this device was first told of it, Unix milliseconds. */
export interface PieceTold<Name extends string = string> extends PieceSeen<Name> {
  readonly toldAt: number
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
/** Marks of an index while they are counted. */
const TOLD = 1
const PROVEN = 2
/** Most pieces above k at which a repair is urgent. SPEC RPR2. */
const URGENT_MARGIN = 4

/** Returns how many indices of a segment are known. An index that several people keep counts once. SPEC RPR1. */
export function knownOf(pieces: readonly Pick<PieceSeen, 'index' | 'standing' | 'isLost'>[]): Known {
  const seen = new Uint8Array(MAX_SHARDS)
  let [known, proven] = [0, 0]
  for (const { index, standing, isLost } of pieces) {
    if (isLost || (standing !== 'proven' && standing !== 'told')) continue
    const [before, now] = [seen[index] ?? PROVEN, standing === 'proven' ? PROVEN : TOLD]
    if (before === 0) known++
    if (before < PROVEN && now === PROVEN) proven++
    seen[index] = Math.max(before, now)
  }
  return { known, proven }
}

/**
 * Returns what is to be made for a segment, undefined while at least m are known, or n where its bytes were fetched already. What is
 * repaired is filled up to n, since the k pieces that a repair fetches cost the same for one new piece as for many.
 * Source: SPEC.md RPR2, RPR13; research: up to m only costs 3.5 times the traffic.
 */
export function repairNeed({ known, proven }: Known, code: FileCode, isFetched = false): RepairNeed | undefined {
  const enough = isFetched ? code.n : code.m
  return known >= enough ? undefined : { pieces: code.n - known, isUrgent: known < code.m && proven < urgentBound(code) }
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
