import type { Bytes } from '../../core/bytes.ts'
import { codeOf, HoardError, isDeviceFault } from '../../core/errors.ts'
import { isStalled } from '../../core/healing/election.ts'
import { knownOf, repairNeed } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { checkPiece, drawOf, noteFinding } from '../checking/check-piece.ts'
import type { GuardedPapers, GuardedPiece } from '../holding/guarded-groups.ts'
import { newSegment } from '../placing/placed-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { sendPieces, type OpenTurn } from '../placing/send-pieces.ts'
import { createNewHolders, type FoundPiece, type NewHolders } from './ask-new-holders.ts'
import { bytesToFetch, fetchSegment, scratchSource } from './fetch-segment.ts'
import { paced, takeClaim } from './given-pieces.ts'
import { rowsOf, type RepairTools } from './repair-tools.ts'

/**
 * How a repair ended: n pieces are known, or m before anything was fetched; fewer are, and nobody wants one; it was left to somebody else;
 * nothing came of it for too long; or the segment gives other shards than its descriptor names.
 */
export type RepairOutcome = 'done' | 'not wanted' | 'left' | 'given up' | 'false'

/** What a repair tells while it goes on. */
export interface RepairProgress {
  /** Called with the claim of every new holder. */
  readonly onPlaced: (claim: Bytes) => void
  /** Tells whether the repair is left to somebody else who began at the same time. Asked before anything is fetched. */
  readonly isLeft: () => boolean
}

/** Pieces that are sent side by side: each holder has to get its next bytes within 30 s, also of a small budget. Protocol SPEC STO5. */
const PIECES_AT_ONCE = 4
/** A holder that wants a piece waits for its first byte while all that is to be fetched comes within so many milliseconds. */
const HELD_OPEN_MS = 5_000

/**
 * Makes pieces of a segment anew until n are known. Somebody has to want one before anything is fetched; then the segment is fetched to
 * scratch, checked against its descriptor, coded again and sent, stripe by stripe. Memory holds stripes in flight.
 * @throws HoardError of this device; 'too-few-shards'; `signal.reason`
 * Source: core SPEC.md RPR2, RPR6, RPR12 to RPR14.
 */
export async function repairSegment(
  tools: RepairTools,
  piece: GuardedPiece,
  { onPlaced, isLeft }: RepairProgress,
  signal: AbortSignal,
): Promise<RepairOutcome> {
  const { parts, guarded, budget } = tools
  const { clock, policy } = parts
  const papers = await guarded.papersOf(piece)
  if (papers === undefined) return 'given up'
  const { descriptor } = papers
  let [placed, lastPieceAt] = [0, clock.ran()]
  const takePiece = async (index: number, peer: PeerId, bytes: Bytes): Promise<void> => {
    await takeClaim(tools, piece, index, peer, bytes)
    tools.count.placed++
    placed++
    lastPieceAt = clock.ran()
    onPlaced(bytes)
  }
  /** Takes a piece that somebody says it has once a leaf of it was read: no byte of it was sent by this device. */
  const takeFound = async ({ index, peer, claim }: FoundPiece): Promise<boolean> => {
    const name = { segmentId: piece.segmentId, index }
    const found = await checkPiece(parts, tools.people, { peer, piece: name, descriptor }, drawOf(parts.random), signal)
    // A piece that is not there is not held against its holder: its claim is not taken either.
    if (found !== 'unknown') noteFinding(tools.people, peer, name, found, undefined)
    if (found !== 'right') return false
    try {
      await takePiece(index, peer, claim)
      return true
    } catch (error) {
      // What is wrong with a claim is the fault of its holder alone.
      if (codeOf(error) === undefined || isDeviceFault(error)) throw error
      return false
    }
  }
  const holders = createNewHolders(tools, piece, papers, takeFound)
  /** Returns how many pieces are still to be made: fewer as soon as somebody is back. */
  const missing = (): number => (guarded.find(piece.segmentId) ? descriptor.n - knownOf(rowsOf(tools, piece)).known : 0)
  let hasWaited = false
  /** Opens turns. Where somebody is busy, another guardian may be placing this very segment: its pieces are waited for, once. */
  const open = async (most: number): Promise<readonly OpenTurn[]> => {
    for (;;) {
      const busy = holders.busy()
      if (!hasWaited && busy.length > 0) {
        hasWaited = true
        await clock.wait(policy.guardian.rankDelayMs, { signal })
        await mapLimited(busy, PIECES_AT_ONCE, (peer) => tools.sync.ask(peer, piece.groupId, signal))
        holders.askOn()
      }
      const before = placed
      const left = Math.max(0, Math.min(most, missing()))
      const opened = await holders.open(left, signal)
      if (opened.length > 0 || left === 0) return opened
      if (placed === before && (hasWaited || holders.busy().length === 0)) return opened
    }
  }

  const fetchMs = (bytesToFetch(tools, piece, descriptor) * 1000) / (budget.rate ?? Infinity)
  const isSoon = fetchMs <= HELD_OPEN_MS
  let turns = await open(isSoon ? PIECES_AT_ONCE : 1)
  try {
    if (turns.length === 0) return outcomeOf(tools, piece, papers)
    if (isLeft()) return 'left'
    if (!isSoon) turns = putBack(holders, turns)
    if ((await fetchSegment(tools, piece, descriptor, signal)) === 'false') return 'false'
    for (;;) {
      if (isStalled(lastPieceAt, clock.ran(), policy.guardian.claimMs)) return 'given up'
      const left = Math.max(0, missing())
      if (turns.length > left) turns = [...turns.slice(0, left), ...putBack(holders, turns.slice(left))]
      if (turns.length === 0) turns = await open(PIECES_AT_ONCE)
      if (turns.length === 0) return outcomeOf(tools, piece, papers)
      await send(tools, piece, papers, turns, { holders, takePiece, isWanted: () => missing() > 0 }, signal)
      turns = []
    }
  } finally {
    for (const { turn } of turns) turn.abort()
  }
}

/** Returns the outcome when nobody else wants a piece, or none is missing. What was fetched waits for people who come later. */
function outcomeOf(tools: RepairTools, piece: GuardedPiece, { descriptor }: GuardedPapers): RepairOutcome {
  const isFetched = tools.scratch.lengthOf(piece.segmentId) > 0
  return repairNeed(knownOf(rowsOf(tools, piece)), descriptor, isFetched) === undefined ? 'done' : 'not wanted'
}

function putBack(holders: NewHolders, turns: readonly OpenTurn[]): readonly OpenTurn[] {
  for (const open of turns) holders.putBack(open)
  return []
}

/** Sends pieces to holders that want them, within the budget, until each has its piece or has failed. */
async function send(
  tools: RepairTools,
  piece: GuardedPiece,
  { descriptor, descriptorBytes }: GuardedPapers,
  turns: readonly OpenTurn[],
  {
    holders,
    takePiece,
    isWanted,
  }: {
    readonly holders: NewHolders
    readonly takePiece: (index: number, peer: PeerId, claim: Bytes) => Promise<void>
    readonly isWanted: () => boolean
  },
  signal: AbortSignal,
): Promise<void> {
  const enough = new HoardError('stream-closed', { reason: 'enough pieces are known' })
  const stored = scratchSource(tools, piece, descriptor)
  const source: SegmentSource = {
    ...stored,
    async readStripe(span) {
      if (!isWanted()) throw enough
      return stored.readStripe(span)
    },
  }
  try {
    await sendPieces(
      {
        parts: tools.parts,
        segment: newSegment(descriptorBytes),
        source,
        onSent: () => undefined,
        onClaim: ({ index, peer }, claim) => takePiece(index, peer, claim),
        onRefused(peer) {
          const open = turns.find((each) => each.peer === peer)
          if (open) holders.failed(open)
        },
        openHedge: async () => undefined,
      },
      turns.map((open) => paced(tools, open, signal)),
      signal,
    )
  } catch (error) {
    if (error !== enough) throw error
  } finally {
    for (const { turn } of turns) turn.abort()
  }
}
