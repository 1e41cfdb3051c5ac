import type { PieceState } from './file-view.ts'

/** The pieces of the worst segment to draw; all counts are of distinct pieces. */
export interface PieceCount {
  readonly verified: number
  /** Verified pieces whose people are here now. */
  readonly reachable: number
  /** Promised or not read back yet, and at least the next one; 0 while nothing is being placed. */
  readonly placing: number
}

/** Returns the segments of a meter in drawing order: kept, away, being placed, nobody. */
export function drawPieces({ verified, reachable, placing }: PieceCount, n: number): readonly PieceState[] {
  const pieces: PieceState[] = []
  for (let at = 0; at < n; at++) {
    if (at < reachable) pieces.push('kept')
    else if (at < verified) pieces.push('away')
    else pieces.push(at < verified + placing ? 'placing' : 'none')
  }
  return pieces
}
