import type { Policy } from '../../../core/policy.ts'

/** Seconds within which a device could send everything again that it keeps: 4.6 days. SPEC ADM7. */
const RESEND_SECONDS = 400_000
/** Allowance of a newcomer where its share of the offer is smaller. SPEC ADM4. */
const SMALLEST_ALLOWANCE_BYTES = 64 * 1024 * 1024
/** Share of the offer that one newcomer may use. SPEC ADM4. */
const NEWCOMER_SHARE = 0.05
/** Part of the newcomers' share that is open at once, and the time in which as much as all of it opens. SPEC ADM8. */
const [OPEN_AT_ONCE, OPENS_WITHIN_MS] = [1 / 2, 30 * 86_400_000]

/**
 * Returns the bytes of an offer that count: as much as the device could send again within 400,000 s at `bytesPerSecond`.
 * Source: protocol SPEC.md ADM7.
 */
export function countedBytes(offerBytes: number, bytesPerSecond: number): number {
  return Math.min(offerBytes, RESEND_SECONDS * bytesPerSecond)
}

/**
 * Returns the bytes that one newcomer may have of an offer of which `bytes` count, and those that all newcomers may have together.
 * @param openMs for how long the offer stands, milliseconds
 * Source: protocol SPEC.md ADM4, ADM8.
 */
export function newcomersAllowance(
  bytes: number,
  { newcomerBytes, newcomersShare }: Policy['ledger'],
  openMs: number,
): { readonly one: number; readonly all: number } {
  const one = Math.min(newcomerBytes, Math.max(SMALLEST_ALLOWANCE_BYTES, NEWCOMER_SHARE * bytes))
  const open = Math.min(1, OPEN_AT_ONCE + Math.max(0, openMs) / OPENS_WITHIN_MS)
  return { one, all: Math.max(one, open * newcomersShare * bytes) }
}

/**
 * Returns the latest time since when an offer of which `bytes` count may stand while newcomers have `booked` of it: no more than half of their
 * share is open beyond what they have, however long it has stood.
 * @param now Unix milliseconds, as the result
 * Source: protocol SPEC.md ADM8.
 */
export function standsSince(bytes: number, booked: number, newcomersShare: number, now: number): number {
  return now - OPENS_WITHIN_MS * Math.min(1, booked / Math.max(1, newcomersShare * bytes))
}
