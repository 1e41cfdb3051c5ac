import { equalBytes, type Bytes } from '../core/bytes.ts'
import { checkClaim } from '../core/claim.ts'
import { HoardError } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import { leavesOfShard, sliceOffset, stripeCount, stripeSpan, type StripeSpan } from '../core/segment.ts'
import { raceSignal, within } from '../protocol/deadline.ts'
import type { StoreTurn } from '../protocol/store-shard.ts'
import type { SegmentSource } from './describe-segment.ts'
import type { Journal, OwnSegment, Piece } from './journal.ts'
import type { Lines } from './lines.ts'
import { mapLimited } from './map-limited.ts'
import type { OwnGroup } from './own-group.ts'
import type { PeerParts } from './parts.ts'
import { provesLie, type People } from './people.ts'
import { redone } from './redone.ts'
import { verifyLeaves } from './verify-leaves.ts'

/** What placing needs beside the segment. */
export interface PlaceParts {
  readonly parts: PeerParts
  readonly people: People
  readonly journal: Journal
  readonly lines: Lines
}

/** One segment to be placed, and where its sealed bytes are read from. */
export interface PlaceJob {
  readonly group: OwnGroup
  readonly place: number
  readonly segment: OwnSegment
  readonly charter: Bytes
  readonly source: SegmentSource
  /** People to ask, best first; those that keep a piece of this segment already left out. */
  readonly candidates: () => readonly PeerId[]
  /** Called with wire bytes as they are handed over, and after every change of a piece. */
  readonly onPlaced: (bytes: number) => void
  readonly onRefused: (peer: PeerId, error: unknown) => void
}

/** An open turn: who receives which piece, and from which byte on it is wanted. */
interface OpenTurn {
  readonly index: number
  readonly peer: PeerId
  readonly turn: Extract<StoreTurn, { is: 'wanted' }>
}

const TURNS_AT_ONCE = 8
/** A leaf and its proof are a few kilobytes: who needs longer for them is no help to a reader. */
const PROVE_MS = 10_000

/**
 * Places the pieces of a segment that nobody claims yet, each with another person, stripe by stripe, and reads one random leaf of each back.
 * Resolves after one round, with what could be placed in the segment and in the journal; failures of single holders do not throw.
 * @returns how many pieces were newly claimed
 */
export async function placeSegment(tools: PlaceParts, job: PlaceJob, signal: AbortSignal): Promise<number> {
  const { segment } = job
  const before = claimedPieces(segment).length
  const turns = await openTurns(tools, job, signal)
  if (turns.length > 0) await tools.journal.commit([{ of: 'segment', groupId: job.group.groupId, place: job.place, segment }])
  try {
    await finishTurns(tools, job, await sendStripes(tools, job, turns, signal))
  } finally {
    for (const { turn } of turns) turn.abort()
  }
  await readBack(tools, job, signal)
  return claimedPieces(segment).length - before
}

/** Returns the pieces that somebody claims. */
export function claimedPieces({ pieceByIndex }: OwnSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage !== 'assigned')
}

/** Returns the pieces that were read back. */
export function verifiedPieces({ pieceByIndex }: OwnSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage === 'verified')
}

async function openTurns(tools: PlaceParts, job: PlaceJob, signal: AbortSignal): Promise<OpenTurn[]> {
  const { people, lines } = tools
  const { segment, charter } = job
  const { n } = segment.descriptor
  const missing: number[] = []
  for (let index = 0; index < n; index++) if ((segment.pieceByIndex.get(index)?.stage ?? 'assigned') === 'assigned') missing.push(index)
  const here = new Set(people.here().map(({ peer }) => peer))
  // A holder that has part of a piece is asked for the rest of it; just after a start it may not have been met again.
  const begun = missing.flatMap((index) => {
    const holder = segment.pieceByIndex.get(index)?.holder
    return holder !== undefined && (here.has(holder) || people.isAwaited(holder)) ? ([[index, holder]] as const) : []
  })
  const promised = new Map(begun)
  const taken = new Set(promised.values())
  const free = job.candidates().filter((peer) => !taken.has(peer))
  const turns: OpenTurn[] = []
  await mapLimited(missing, TURNS_AT_ONCE, async (index) => {
    const first = promised.get(index)
    if (first !== undefined && !here.has(first)) return
    for (let peer = first ?? free.shift(); peer !== undefined; peer = free.shift()) {
      try {
        const request = { descriptor: segment.encoded, charter, index }
        const turn = await lines.store(peer, request, signal)
        segment.pieceByIndex.set(index, { index, holder: peer, stage: 'assigned' })
        if (turn.is === 'wanted') turns.push({ index, peer, turn })
        else await takeClaim(tools, job, index, peer, turn.claim)
        return
      } catch (error) {
        signal.throwIfAborted()
        job.onRefused(peer, error)
      }
    }
  })
  return turns
}

/** Sends every stripe to all open turns; the next one is coded while this one is on its way. Returns the turns that took all of it. */
async function sendStripes({ parts }: PlaceParts, job: PlaceJob, turns: readonly OpenTurn[], signal: AbortSignal): Promise<OpenTurn[]> {
  const { k, sealedLength, shardIds } = job.segment.descriptor
  const stripes = stripeCount(sealedLength, k)
  let alive = [...turns]
  const code = async (
    stripe: number,
  ): Promise<{ readonly span: StripeSpan; readonly rows: readonly number[]; readonly slices: Bytes } | undefined> => {
    if (stripe >= stripes) return undefined
    const span = stripeSpan(sealedLength, k, stripe)
    const end = sliceOffset(sealedLength, k, stripe) + span.sliceBytes
    const rows = alive.filter(({ turn }) => turn.from < end).map(({ index }) => index)
    if (rows.length === 0) return { span, rows, slices: new Uint8Array() }
    const slices = await redone(async () => parts.coder.encode({ k, t: shardIds.length }, await job.source.readStripe(span), rows))
    return { span, rows, slices }
  }
  let coded = await code(0)
  for (let stripe = 0; coded !== undefined && alive.length > 0; stripe++) {
    signal.throwIfAborted()
    const { span, rows, slices } = coded
    const next = code(stripe + 1)
    next.catch(() => undefined)
    const offset = sliceOffset(sealedLength, k, stripe)
    const failed = new Set<OpenTurn>()
    await Promise.all(
      alive.map(async (open) => {
        const at = rows.indexOf(open.index)
        if (at < 0) return
        const skip = Math.max(0, open.turn.from - offset)
        const slice = slices.subarray(at * span.sliceBytes + skip, (at + 1) * span.sliceBytes)
        try {
          await open.turn.send(slice)
          job.onPlaced(slice.length)
        } catch (error) {
          signal.throwIfAborted()
          failed.add(open)
          job.onRefused(open.peer, error)
        }
      }),
    )
    if (failed.size > 0) alive = alive.filter((open) => !failed.has(open))
    coded = await next
  }
  return alive
}

async function finishTurns(tools: PlaceParts, job: PlaceJob, turns: readonly OpenTurn[]): Promise<void> {
  await Promise.all(
    turns.map(async ({ index, peer, turn }) => {
      try {
        await takeClaim(tools, job, index, peer, await turn.finish())
      } catch (error) {
        job.onRefused(peer, error)
      }
    }),
  )
}

async function takeClaim(
  { parts, journal }: PlaceParts,
  { group, segment, place, onPlaced }: PlaceJob,
  index: number,
  peer: PeerId,
  bytes: Bytes,
): Promise<void> {
  const claim = checkClaim(bytes, parts.clock.now())
  const isMine = equalBytes(claim.groupId, group.groupId) && claim.holder === peer
  const hasRow = claim.rows.some((row) => row.index === index && equalBytes(row.segmentId, segment.segmentId))
  if (!isMine || !hasRow) throw new HoardError('signature-invalid', { object: 'claim' })
  segment.pieceByIndex.set(index, { index, holder: peer, stage: 'claimed' })
  group.claimByHolder.set(peer, claim.bytes)
  await journal.commit([
    { of: 'segment', groupId: group.groupId, place, segment },
    { of: 'claim', groupId: group.groupId, holder: peer, claim: claim.bytes },
  ])
  onPlaced(0)
}

/**
 * Asks every holder of a claimed piece for one leaf that nobody could foresee. Whoever answers wrongly, or stays silent although
 * connected, loses the piece to somebody else; whoever has gone may still prove it later.
 */
async function readBack(
  { parts, people, journal, lines }: PlaceParts,
  { group, segment, place, onPlaced, onRefused }: PlaceJob,
  signal: AbortSignal,
): Promise<void> {
  const { descriptor, segmentId } = segment
  const unproven = claimedPieces(segment).filter(({ stage }) => stage === 'claimed')
  if (unproven.length === 0) return
  await mapLimited(unproven, TURNS_AT_ONCE, async (piece) => {
    const firstLeaf = randomBelow(parts, leavesOfShard(descriptor.sealedLength, descriptor.k))
    const range = { index: piece.index, firstLeaf, leaves: 1 }
    const prove = async (): Promise<void> => {
      const line = await lines.to(piece.holder)
      const { bytes, proof } = await line.read({ segmentId, ...range })
      await verifyLeaves(parts.coder, descriptor, range, bytes, proof)
    }
    try {
      await within(parts.clock, PROVE_MS, signal, (deadline) => raceSignal(redone(prove), deadline))
      segment.pieceByIndex.set(piece.index, { ...piece, stage: 'verified' })
    } catch (error) {
      signal.throwIfAborted()
      lines.drop(piece.holder)
      if (provesLie(error)) people.noteLie(piece.holder)
      if (people.of(piece.holder).isHere) {
        segment.pieceByIndex.delete(piece.index)
        onRefused(piece.holder, error)
      }
    }
    onPlaced(0)
  })
  await journal.commit([{ of: 'segment', groupId: group.groupId, place, segment }])
}

function randomBelow({ random }: PeerParts, bound: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
  return Math.floor(((a * 2 ** 24 + b * 2 ** 16 + c * 256 + d) / 2 ** 32) * bound)
}
