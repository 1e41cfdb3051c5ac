import type { Health } from '../core/health.ts'
import type { MeterView, PieceState } from './api.ts'
import type { OwnSegment } from './journal.ts'
import type { FileCode } from './carrier.ts'

/** What is drawn of the pieces of the worst segment; counts are of distinct pieces. */
export interface PieceCount {
  readonly verified: number
  /** Verified, and their people answer now. */
  readonly reachable: number
  readonly placing: number
}

/** Returns the meter of a content as safe as `health` says; `segments` are those that are begun. */
export function meterOf(
  segments: readonly OwnSegment[],
  code: FileCode | undefined,
  { known, here }: Pick<Health, 'known' | 'here'>,
  isPlacing: boolean,
): MeterView {
  if (code === undefined) return { value: 0, max: 0, needed: 0, pieces: [] }
  const placing = isPlacing ? placingOf(segments, known) : 0
  return { value: known, max: code.n, needed: code.k, pieces: drawPieces({ verified: known, reachable: here, placing }, code.n, isPlacing) }
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

/** Returns how many pieces of the worst segment are promised or not read back yet. */
function placingOf(segments: readonly OwnSegment[], fewest: number): number {
  for (const { pieceByIndex } of segments) {
    let verified = 0
    for (const { stage } of pieceByIndex.values()) if (stage === 'verified') verified++
    if (verified === fewest) return pieceByIndex.size - verified
  }
  return 0
}
