import { LEAF_BYTES } from '../../core/sizes.ts'
import { QUEUE_MS } from './read-window.ts'
import type { Keeper } from './evidence.ts'
import type { StripeJob } from './stripe-job.ts'

/** A holder that could give a slice, as far as this read knows it. */
export interface Source extends Keeper {
  /** 0 for a holder that is here, says itself that it keeps the piece, and did not fail; the more there is against it, the greater. */
  readonly doubt: number
  /** Bytes per second, those of others while nothing came. */
  readonly rate: number
  /** Whether anything came of it. */
  readonly isSeen: boolean
  readonly roundTripMs: number
  /** Bytes that it was asked for and that have not come. */
  readonly underWay: number
  /** Whether it may be asked for more now. */
  readonly hasRoom: boolean
}

/** A holder may finish so much later than the slices beside it are needed: half as long again, and this many milliseconds. */
const [LATE_SHARE, LATE_MS] = [1.5, 250]
const OWN_MS = 250
/** What rebuilding costs, so that data comes first where nobody waits for it. */
const [PARITY_SHARE, PARITY_MS] = [1.25, 20]
/** A slice that is begun already leaves fewer to put together. */
const BEGUN_SHARE = 0.9

/** Returns after how many milliseconds `bytes` more would be there. */
export function finishMs({ rate, roundTripMs, underWay }: Source, bytes: number): number {
  return roundTripMs + ((underWay + bytes) * 1000) / Math.max(1, rate)
}

/**
 * Returns whom to ask for one more slice of a stripe at `leaf`: who will have it soonest, data before parity where that costs no time.
 * A slow holder is passed over while others would have it before it is needed; it gets slices that are needed later.
 * @param needMs after how many milliseconds the bytes are needed
 * @param bytes how many are asked for at once
 * @returns undefined while everybody who should be asked is busy
 */
export function chooseSource(
  job: StripeJob,
  leaf: number,
  sources: readonly Source[],
  { k, needMs, bytes }: { readonly k: number; readonly needMs: number; readonly bytes: number },
): Source | undefined {
  const lacks = job.lacks(leaf)
  const open = bestByIndex(sources, bytes).filter(({ index }) => job.isOpen(index, leaf))
  // Doubtful holders are asked only where without them there would be too few.
  const most = open[lacks - 1]?.doubt ?? Infinity
  const fit = open.filter(({ doubt }) => doubt <= most)
  const soonestMs = fit.map((source) => finishMs(source, bytes)).toSorted((a, b) => a - b)[lacks - 1] ?? Infinity
  const asked = fit.filter((source) => finishMs(source, bytes) <= LATE_SHARE * Math.max(needMs, soonestMs) + LATE_MS)
  const cost = (source: Source): number =>
    source.doubt * 1e9 +
    (source.index < k ? finishMs(source, bytes) : PARITY_SHARE * finishMs(source, bytes) + PARITY_MS) *
      (job.isBegun(source.index) ? BEGUN_SHARE : 1)
  return asked.filter(({ hasRoom }) => hasRoom).toSorted((a, b) => cost(a) - cost(b))[0]
}

/** Returns the best holder of each slice, those without doubt first. */
function bestByIndex(sources: readonly Source[], bytes: number): readonly Source[] {
  const sorted = sources.toSorted((a, b) => a.doubt - b.doubt || finishMs(a, bytes) - finishMs(b, bytes))
  const seen = new Set<number>()
  return sorted.filter(({ index }) => !seen.has(index) && seen.add(index))
}

/**
 * Returns how many leaves to ask for at once, 1, 2 or 4: what comes in a tenth of a second at `rate` of everybody, and in a quarter at
 * `ownRate`, so that slow lines are not filled and fast ones not cut up.
 */
export function unitLeaves(rate: number, ownRate: number): number {
  const leaves = Math.min((rate * QUEUE_MS) / 1000, (ownRate * OWN_MS) / 1000) / LEAF_BYTES
  return leaves >= 4 ? 4 : leaves >= 2 ? 2 : 1
}

/** Returns for how many leaves from `leaf` on the slice `index` is of use, at most `most`. */
export function runAt(job: StripeJob, index: number, leaf: number, most: number): number {
  let leaves = 1
  while (leaves < most && job.lacks(leaf + leaves) > 0 && job.isOpen(index, leaf + leaves)) leaves++
  return leaves
}
