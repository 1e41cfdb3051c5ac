import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'

/** What guardians brought here in the last 24 hours, or began to bring: they are bounded by it, since a repair is booked on nobody. */
export interface Brought {
  /** Returns the bytes of all pieces of `guardian`. */
  of(guardian: PeerId): number
  /** Returns the bytes of the piece `name` of `guardian`: a repair that goes on is counted once. */
  ofPiece(guardian: PeerId, name: string): number
  /** Counts the piece for 24 hours, also when it is never finished. */
  note(guardian: PeerId, name: string, bytes: number): void
}

const DAY_MS = 86_400_000
/** Guardians remembered; beyond them the one seen longest ago is forgotten, which nobody gains by: a new identity is as good. */
const GUARDIANS_AT_MOST = 1_024

/** Returns the count, empty at first: it is not remembered over a restart. Source: SPEC.md REP7. */
export function createBrought(clock: Pick<Clock, 'ran'>): Brought {
  const piecesByGuardian = new Map<PeerId, Map<string, { readonly bytes: number; readonly at: number }>>()

  /** Returns the pieces of the last 24 hours. They stand in the order in which they were noted. */
  function piecesOf(guardian: PeerId): Map<string, { readonly bytes: number; readonly at: number }> {
    const pieces = piecesByGuardian.get(guardian) ?? new Map<string, { readonly bytes: number; readonly at: number }>()
    for (const [name, { at }] of pieces) {
      if (at + DAY_MS > clock.ran()) break
      pieces.delete(name)
    }
    return pieces
  }

  return {
    of: (guardian) => [...piecesOf(guardian).values()].reduce((sum, { bytes }) => sum + bytes, 0),
    ofPiece: (guardian, name) => piecesOf(guardian).get(name)?.bytes ?? 0,
    note: (guardian, name, bytes) => {
      const pieces = piecesOf(guardian)
      pieces.delete(name)
      pieces.set(name, { bytes, at: clock.ran() })
      piecesByGuardian.delete(guardian)
      piecesByGuardian.set(guardian, pieces)
      const [oldest] = piecesByGuardian.keys()
      if (piecesByGuardian.size > GUARDIANS_AT_MOST && oldest !== undefined) piecesByGuardian.delete(oldest)
    },
  }
}
