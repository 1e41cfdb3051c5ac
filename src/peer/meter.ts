import type { PeerId } from '../core/ids.ts'
import type { MeterView, PieceState } from './api.ts'
import type { OwnSegment } from './journal.ts'
import type { FileCode } from './carrier.ts'
import type { People } from './people.ts'

/** What is known of the pieces of one segment; counts are of distinct pieces. */
export interface PieceCount {
  readonly verified: number
  /** Verified, and their people answer now. */
  readonly reachable: number
  readonly placing: number
}

const nothing: PieceCount = { verified: 0, reachable: 0, placing: 0 }

/** Returns the meter of the worst of `segments`: fewest verified pieces, then fewest reachable; one that is not begun has none. */
export function meterOf(
  segments: readonly (OwnSegment | 'unbegun')[],
  code: FileCode | undefined,
  people: People,
  isPlacing: boolean,
): MeterView & PieceCount {
  if (code === undefined) return { value: 0, max: 0, needed: 0, pieces: [], verified: 0, reachable: 0, placing: 0 }
  const here = new Set(people.here().map(({ peer }) => peer))
  let worst: PieceCount | undefined
  for (const segment of segments) {
    const count = segment === 'unbegun' ? nothing : countPieces(segment, here)
    if (
      worst === undefined ||
      count.verified < worst.verified ||
      (count.verified === worst.verified && count.reachable < worst.reachable)
    ) {
      worst = count
    }
  }
  const count = worst ?? nothing
  return { ...count, value: count.verified, max: code.n, needed: code.k, pieces: drawPieces(count, code.n, isPlacing) }
}

/** Returns the segments of a meter in drawing order: kept, away, being placed, nobody. */
export function drawPieces({ verified, reachable, placing }: PieceCount, n: number, isPlacing: boolean): readonly PieceState[] {
  const pieces: PieceState[] = []
  for (let at = 0; at < n; at++) {
    if (at < reachable) pieces.push('kept')
    else if (at < verified) pieces.push('away')
    else pieces.push(isPlacing && at < verified + Math.max(placing, 1) ? 'placing' : 'none')
  }
  return pieces
}

function countPieces({ pieceByIndex }: OwnSegment, here: ReadonlySet<PeerId>): PieceCount {
  let verified = 0
  let reachable = 0
  let placing = 0
  for (const { stage, holder } of pieceByIndex.values()) {
    if (stage !== 'verified') placing++
    else {
      verified++
      if (here.has(holder)) reachable++
    }
  }
  return { verified, reachable, placing }
}
