import type { FileCode } from '../core/policy.ts'

/** What came of a run. Sizes are bytes. */
export interface SimResult {
  readonly seed: number
  readonly days: number
  /** People at the start; those who leave are replaced. */
  readonly people: number
  readonly segments: number
  /** Segments of which fewer than k pieces were left. Their owner stored each again, so one may be lost more than once. */
  readonly lost: number
  /** Bytes that were taken for right and were not. */
  readonly wrongBytes: number
  /** Fetched and sent for repairs. */
  readonly repairBytes: number
  /** Sealed bytes of the files, each once. */
  readonly storedBytes: number
  /** Share of moments and segments in which fewer than k pieces were there. */
  readonly unavailable: number
  /** Mean and least number of pieces known of a segment. */
  readonly meanKnown: number
  readonly leastKnown: number
  /** Pieces made by repairs. */
  readonly repairs: number
  /** Pieces made although somebody living still had the same one. */
  readonly duplicates: number
  /** Most bytes of repairs in one hour. */
  readonly peakHourBytes: number
  /** Pieces that were given to people who do not keep or serve them; with whole peers, since the count began. */
  readonly liarsPlaced: number
  readonly code: FileCode
  readonly knownByDay: readonly { readonly mean: number; readonly least: number }[]
  readonly kept: readonly ClassKept[]
  /** With the model only. */
  readonly said?: WordsSaid
  /** With whole peers: a digest of everything on all disks at the end, and the files that a stranger then read by their links. */
  readonly state?: string
  readonly filesRead?: number
}

/** What owners were told of their files, looked at every seven hours. */
export interface WordsSaid {
  /** Shares of moments and segments that were called so; the others were Fragile. */
  readonly isProtected: number
  readonly isStrong: number
  /** Share of the moments of Strong segments in which k pieces were there; NaN where none was Strong. */
  readonly readableWhenStrong: number
  /** Segments lost that were called Protected or Strong in the seven days before. */
  readonly broken: number
  /** Least days for which the row of a lost segment had said that it is Fragile, and why; Infinity where none was lost. */
  readonly noticeDays: number
}

/** What the people of one class keep at the end. */
export interface ClassKept {
  readonly name: string
  readonly people: number
  /** Of each of them, in the mean. */
  readonly meanBytes: number
  readonly meanOfferBytes: number
  /** With the model only: the longest time for which what one of them had to send for repairs would take, hours. */
  readonly longestQueueHours?: number
}
