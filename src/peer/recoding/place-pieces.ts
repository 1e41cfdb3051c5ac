import type { Lines } from '../people/lines.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import { isWanted, placeRound } from '../groups/place-round.ts'
import { claimedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import type { RecodeTools } from './recode-tools.ts'
import { sendWithin } from '../placing/send-within.ts'

/** A segment of a layout that no charter names yet. */
export interface LayoutSegment {
  readonly group: OwnGroup
  /** Its place in the group. */
  readonly at: number
  readonly segment: PlacedSegment
  /** Resolves with its sealed bytes, which are fetched when they are first asked for. */
  readonly source: () => Promise<SegmentSource>
  /** Tells whether it may go on: what readers use is safe. */
  readonly isReady: () => boolean
  /** Called with the share of the m pieces that are kept, 0 to 1. */
  readonly onPlaced?: (share: number) => void
}

/** Pieces that are sent side by side: each holder has to get its next bytes within 30 s, also of a small budget. Protocol SPEC STO5. */
const PIECES_AT_ONCE = 4
/** How often people are looked at who could take a piece, and for how long somebody is waited for before the others have their turn. */
const [LOOK_AGAIN_MS, WAIT_MS] = [5_000, 60_000]

/**
 * Places pieces of a segment within the budget, until n are kept or nobody is left to ask. Returns whether m are kept.
 * Throws what placing throws; `signal.reason`.
 */
export async function placePieces(tools: RecodeTools, job: LayoutSegment, signal: AbortSignal): Promise<boolean> {
  const { people, patient } = tools
  const { clock } = tools.parts
  const { group, at, segment, isReady, onPlaced } = job
  const { m, n } = segment.descriptor
  const counted = (): number => countedIndices(patient, group, segment).size
  const slow = { ...tools, lines: paced(tools, signal) }
  for (let movedAt = clock.ran(); clock.ran() - movedAt < WAIT_MS && isReady();) {
    onPlaced?.(Math.min(1, counted() / m))
    const isUnproven = claimedPieces(segment).some(({ stage, holder }) => stage === 'claimed' && people.isReachable(holder))
    const canGoOn = isUnproven || isWanted(tools, group, segment)
    if (counted() >= n || (counted() >= m && !canGoOn)) return true
    const before = counted()
    if (canGoOn) await placeRound(slow, group, at, segment, await job.source(), () => undefined, signal, PIECES_AT_ONCE)
    if (counted() > before) {
      movedAt = clock.ran()
      continue
    }
    if (counted() >= m) return true
    const stopSeeking = people.seek()
    try {
      await people.changes.nextWithin(clock, LOOK_AGAIN_MS, signal)
    } finally {
      stopSeeking()
    }
  }
  return counted() >= m && isReady()
}

/** Returns the lines, whose stores keep to the budget. */
function paced({ lines, budget }: RecodeTools, signal: AbortSignal): Lines {
  return {
    ...lines,
    async store(peer, offer, storing) {
      const turn = await lines.store(peer, offer, storing)
      if (turn.is !== 'wanted') return turn
      return {
        ...turn,
        send: (bytes) => sendWithin(budget, (part) => turn.send(part), bytes, signal),
      }
    },
  }
}
