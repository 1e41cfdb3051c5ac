import { equalBytes, type Bytes } from '../bytes.ts'

/** A check that succeeded: of which shard, by any text that names it, and when, Unix milliseconds. */
export interface Check {
  readonly shard: string
  readonly at: number
}

/** What this device has found out about one person as a holder. Small, whatever the number of its shards. SPEC EVD. */
export interface Conduct {
  /** It sent wrong bytes, once: for good. */
  readonly isLiar: boolean
  /** Errors since the last success, and Unix milliseconds of the first and the latest of them. */
  readonly errors: number
  readonly firstErrorAt: number
  readonly lastErrorAt: number
  /** The newest checks that succeeded, of different shards, newest first; at most 4. */
  readonly checks: readonly Check[]
  /** Unix milliseconds since which only claims taken later say anything. */
  readonly voidedAt: number
  /** The last storeEpoch heard, 16 bytes; undefined before the first. */
  readonly storeEpoch?: Bytes
}

/** What this device knows of one row of a claim. Times are Unix milliseconds. */
export interface RowEvidence {
  readonly shard: string
  /** When this device was first told that the person keeps this shard. */
  readonly toldAt: number
  /** When it took the claim that says so now: later than `toldAt` once it was signed anew. */
  readonly takenAt: number
  /** The last check of this very shard that succeeded. */
  readonly checkedAt?: number | undefined
}

/**
 * How much a row of a claim counts: 'proven' by checks; 'told', which counts for a while and never towards the urgent bound; 'stale', told
 * for too long or by somebody who does not serve; 'gone', known to be false or given up. SPEC EVD1.
 */
export type Standing = 'proven' | 'told' | 'stale' | 'gone'

/** Checks of other shards that prove a shard, and the milliseconds for which they do: 30 days. SPEC EVD1. */
const OTHERS = 3
const OTHERS_MS = 30 * 86_400_000
/** Errors in a row, and the share of lostAfterMs over which they must be spread. SPEC EVD3. */
const ERRORS = 3
const ERRORS_SHARE = 1 / 8

/** The conduct of a person about whom nothing is known. */
export const unknownConduct: Conduct = { isLiar: false, errors: 0, firstErrorAt: 0, lastErrorAt: 0, checks: [], voidedAt: 0 }

/**
 * Returns how much the row counts here at `now`, Unix milliseconds, whether or not its holder is there.
 * Source: SPEC.md EVD1 to EVD4.
 */
export function standingOf(conduct: Conduct, row: RowEvidence, now: number, lostAfterMs: number): Standing {
  const { isLiar, voidedAt, checks } = conduct
  if (isLiar || row.takenAt <= voidedAt) return 'gone'
  if (isSilenced(conduct, lostAfterMs)) return 'stale'
  if (row.checkedAt !== undefined && row.checkedAt > voidedAt) return 'proven'
  let others = 0
  for (const { shard, at } of checks) if (shard !== row.shard && now - at <= OTHERS_MS) others++
  if (others >= OTHERS) return 'proven'
  return now - row.toldAt <= lostAfterMs ? 'told' : 'stale'
}

/** Tells whether the person was there but did not serve, three times in a row and for long enough that it is no accident. SPEC EVD3. */
export function isSilenced({ errors, firstErrorAt, lastErrorAt }: Conduct, lostAfterMs: number): boolean {
  return errors >= ERRORS && lastErrorAt - firstErrorAt >= ERRORS_SHARE * lostAfterMs
}

/**
 * Returns the conduct after a leaf of `shard` was proven at `at`, by a check or by any other fetch. It ends a row of errors only where this
 * device was told of the shard before the first of them: what somebody was given since then says nothing about the rest. Unix milliseconds.
 * @param toldAt when this device was first told that the person keeps the shard
 * Source: SPEC.md EVD1, EVD3.
 */
export function noteChecked(conduct: Conduct, shard: string, at: number, toldAt = 0): Conduct {
  const others = conduct.checks.filter((check) => check.shard !== shard)
  const isOld = toldAt <= conduct.firstErrorAt || at - toldAt >= OTHERS_MS
  return { ...conduct, errors: isOld ? 0 : conduct.errors, checks: [{ shard, at }, ...others].slice(0, OTHERS + 1) }
}

/** Returns the conduct after the person, though there, was silent or refused at `at`, Unix milliseconds. SPEC EVD3. */
export function noteError(conduct: Conduct, at: number): Conduct {
  return { ...conduct, errors: conduct.errors + 1, firstErrorAt: conduct.errors === 0 ? at : conduct.firstErrorAt, lastErrorAt: at }
}

/** Returns the conduct after the person sent wrong bytes: nothing that it claims ever counts again. SPEC EVD2. */
export function noteLie(conduct: Conduct): Conduct {
  return { ...conduct, isLiar: true }
}

/**
 * Returns the conduct after the person answered UNKNOWN, at `at`, Unix milliseconds, for a row that it claims. It is an error as well, so
 * that somebody who claims what it never had does not do so for long. SPEC EVD3, EVD4.
 */
export function noteUnknown(conduct: Conduct, at: number): Conduct {
  return voided(noteError(conduct, at), at)
}

/**
 * Returns the conduct after a hello or a beacon, taken at `at`, Unix milliseconds, brought `storeEpoch`, 16 bytes. Another one than before
 * says that something was lost. SPEC EVD4.
 */
export function noteStoreEpoch(conduct: Conduct, storeEpoch: Bytes, at: number): Conduct {
  const { storeEpoch: last } = conduct
  if (last !== undefined && equalBytes(last, storeEpoch)) return conduct
  return { ...(last === undefined ? conduct : voided(conduct, at)), storeEpoch }
}

/** Tells whether this device offers the person new pieces: not to liars, nor to somebody who does not serve. SPEC EVD6. */
export function isTrusted(conduct: Conduct, lostAfterMs: number): boolean {
  return !conduct.isLiar && !isSilenced(conduct, lostAfterMs)
}

function voided(conduct: Conduct, at: number): Conduct {
  return { ...conduct, voidedAt: Math.max(conduct.voidedAt, at), checks: [] }
}
