import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'
import { createLedger } from './keeping/ledger.ts'

/** What guardians brought here in the last 24 hours, or began to bring: they are bounded by it, since a repair is booked on nobody. */
export interface Brought {
  /** Returns the bytes of all pieces of `guardian`. */
  of(guardian: PeerId): number
  /** Returns the bytes of the pieces of everybody, but for those that are gone. */
  all(): number
  /** Returns how much of both sums is the piece `name` of `guardian`: a repair that goes on is counted once. */
  ofPiece(guardian: PeerId, name: string): { readonly own: number; readonly all: number }
  /** Counts the piece for 24 hours, also when it is never finished. */
  note(guardian: PeerId, name: string, bytes: number): void
  /** Counts the piece for its guardian alone from now on: it was never finished, and nothing of it is here any more. */
  noteGone(guardian: PeerId, name: string): void
}

const DAY_MS = 86_400_000
/**
 * Pieces remembered, some 200 bytes each; beyond them the oldest is forgotten. Each takes 20,480 bytes of room or more (SPEC ADM4), so that
 * takes more than 1.3 GB in a day.
 */
const PIECES_AT_MOST = 65_536

/** Returns the count, empty at first: it is not remembered over a restart. Source: SPEC.md REP7. */
export function createBrought(clock: Pick<Clock, 'ran'>): Brought {
  /** In the order in which they were noted. */
  const pieces = new Map<string, { readonly guardian: PeerId; readonly bytes: number; readonly at: number; isGone?: true }>()
  const byGuardian = createLedger()
  let goneBytes = 0

  const nameOf = (guardian: PeerId, name: string): string => `${guardian}/${name}`

  function forget(name: string): void {
    const piece = pieces.get(name)
    if (piece === undefined) return
    pieces.delete(name)
    byGuardian.book(piece.guardian, -piece.bytes)
    if (piece.isGone) goneBytes -= piece.bytes
  }

  /** Forgets what is older than a day. */
  function expire(): void {
    for (const [name, { at }] of pieces) {
      if (at + DAY_MS > clock.ran()) break
      forget(name)
    }
  }

  return {
    of(guardian) {
      expire()
      return byGuardian.of(guardian)
    },
    all() {
      expire()
      return byGuardian.total() - goneBytes
    },
    ofPiece(guardian, name) {
      expire()
      const { bytes = 0, isGone } = pieces.get(nameOf(guardian, name)) ?? {}
      return { own: bytes, all: isGone ? 0 : bytes }
    },
    note(guardian, name, bytes) {
      expire()
      forget(nameOf(guardian, name))
      pieces.set(nameOf(guardian, name), { guardian, bytes, at: clock.ran() })
      byGuardian.book(guardian, bytes)
      const [oldest] = pieces.keys()
      if (pieces.size > PIECES_AT_MOST && oldest !== undefined) forget(oldest)
    },
    noteGone(guardian, name) {
      const piece = pieces.get(nameOf(guardian, name))
      if (piece === undefined || piece.isGone) return
      piece.isGone = true
      goneBytes += piece.bytes
    },
  }
}
