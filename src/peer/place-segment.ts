import { equalBytes, type Bytes } from '../core/bytes.ts'
import { checkClaim } from '../core/claim.ts'
import { HoardError, isDeviceFault, provesLie } from '../core/errors.ts'
import { brandPeerId, type PeerId } from '../core/ids.ts'
import { signPermit } from '../core/permit.ts'
import { leavesOfShard } from '../core/segment.ts'
import { raceSignal, within } from '../protocol/deadline.ts'
import { keptInstead } from '../protocol/refusal.ts'
import type { StoreTurn } from '../protocol/store-shard.ts'
import type { SegmentSource } from './describe-segment.ts'
import type { Journal, OwnSegment, Piece } from './journal.ts'
import type { Lines } from './lines.ts'
import { mapLimited } from './map-limited.ts'
import { commitPieces, type OwnGroup } from './own-group.ts'
import type { PeerParts } from './parts.ts'
import type { People } from './people.ts'
import { redone } from './redone.ts'
import { sendPieces, type OpenTurn } from './send-pieces.ts'
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

const TURNS_AT_ONCE = 8
/** The other pieces wait until everybody has answered: who needs longer is asked another time. */
const ANSWER_MS = 15_000
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
  const turns: OpenTurn[] = []
  try {
    await openTurns(tools, job, turns, signal)
    if (turns.length > 0) await commitPromises(tools, job, turns)
    await sendPieces(
      {
        parts: tools.parts,
        segment,
        source: job.source,
        onSent: job.onPlaced,
        onClaim: ({ index, peer }, claim) => takeClaim(tools, job, index, peer, claim),
        onRefused: job.onRefused,
        async openRival(index) {
          const taken = new Set(turns.map(({ peer }) => peer))
          const free = job.candidates().filter((peer) => !taken.has(peer))
          const rival = await openTurn(tools, job, index, free, signal)
          if (rival === undefined) return undefined
          turns.push(rival)
          await commitPromises(tools, job, [rival])
          return rival
        },
      },
      [...turns],
      signal,
    )
  } finally {
    for (const { turn } of turns) turn.abort()
  }
  await readBack(tools, job, signal)
  return claimedPieces(segment).length - before
}

/** Writes down who is about to be sent what, before a byte of it leaves: its end must be told to them too. A piece that somebody claims stays. */
function commitPromises({ journal }: PlaceParts, { group, place, segment }: PlaceJob, turns: readonly OpenTurn[]): Promise<void> {
  return commitPieces(journal, group, place, segment, (pieces) => {
    const open = turns.filter(({ index }) => (pieces.get(index)?.stage ?? 'assigned') === 'assigned')
    return [...pieces, ...open.map(({ index, peer }) => [index, { index, holder: peer, stage: 'assigned' }] as const)]
  })
}

/** Returns the pieces that somebody claims. */
export function claimedPieces({ pieceByIndex }: OwnSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage !== 'assigned')
}

/** Returns the pieces that were read back. */
export function verifiedPieces({ pieceByIndex }: OwnSegment): readonly Piece[] {
  return [...pieceByIndex.values()].filter(({ stage }) => stage === 'verified')
}

/** Adds a turn to `turns` for each piece that nobody claims and somebody wants. */
async function openTurns(tools: PlaceParts, job: PlaceJob, turns: OpenTurn[], signal: AbortSignal): Promise<void> {
  const { people } = tools
  const { segment } = job
  const { n } = segment.descriptor
  const missing: number[] = []
  for (let index = 0; index < n; index++) if (!isClaimed(segment, index)) missing.push(index)
  const here = new Set(people.here().map(({ peer }) => peer))
  // A holder that has part of a piece is asked for the rest of it; just after a start it may not have been met again.
  const begun = missing.flatMap((index) => {
    const holder = segment.pieceByIndex.get(index)?.holder
    return holder !== undefined && (here.has(holder) || people.isAwaited(holder)) ? ([[index, holder]] as const) : []
  })
  const promised = new Map(begun)
  const taken = new Set(promised.values())
  const free = job.candidates().filter((peer) => !taken.has(peer))
  await mapLimited(missing, TURNS_AT_ONCE, async (index) => {
    const first = promised.get(index)
    if (first !== undefined && !here.has(first)) return
    const opened = await openTurn(tools, job, index, first === undefined ? free : [first], signal)
    // Whoever has part of it has changed its mind, or is lost.
    const turn = opened ?? (first === undefined || isClaimed(segment, index) ? undefined : await openTurn(tools, job, index, free, signal))
    if (turn !== undefined) turns.push(turn)
  })
}

/**
 * Offers a piece to one of `candidates` after the other, who are taken off the list; undefined when nobody wants it or it is kept already.
 * Whatever one of them does wrong costs its own turn. Throws what this device does wrong.
 */
async function openTurn(
  tools: PlaceParts,
  job: PlaceJob,
  index: number,
  candidates: PeerId[],
  signal: AbortSignal,
): Promise<OpenTurn | undefined> {
  for (let peer = candidates.shift(); peer !== undefined; peer = candidates.shift()) {
    try {
      // A name that cannot be written down is promised nothing.
      brandPeerId(peer)
      const turn = await offer(tools, job, index, peer, signal)
      if (turn.is === 'wanted') return { index, peer, turn }
      await takeClaim(tools, job, index, peer, turn.claim)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      if (isDeviceFault(error)) throw error
      job.onRefused(peer, error)
      await recover(tools, job, keptInstead(error), peer, signal)
    }
  }
  return undefined
}

/** Offers one piece to one person. Throws when the answer takes too long, or as `Lines.store` does. */
async function offer(
  { lines, parts }: PlaceParts,
  { group, segment, charter }: PlaceJob,
  index: number,
  peer: PeerId,
  signal: AbortSignal,
): Promise<StoreTurn> {
  const { encoded: descriptor, segmentId } = segment
  const permit = signPermit(group.seed, { holder: peer, segmentId, index })
  const asking = lines.store(peer, { descriptor, charter, index, permit }, signal)
  return within(parts.clock, ANSWER_MS, signal, (deadline) => raceSignal(asking, deadline)).catch((error: unknown) => {
    asking.then(
      (late) => late.is === 'wanted' && late.abort(),
      () => undefined,
    )
    throw error
  })
}

/** Takes the claim of somebody who refused because a piece of this segment is there that nobody is known to keep: no byte needs to be sent. */
async function recover(tools: PlaceParts, job: PlaceJob, kept: number | undefined, peer: PeerId, signal: AbortSignal): Promise<void> {
  if (kept === undefined || kept >= job.segment.descriptor.shardIds.length || isClaimed(job.segment, kept)) return
  try {
    const turn = await offer(tools, job, kept, peer, signal)
    if (turn.is === 'wanted') turn.abort()
    else await takeClaim(tools, job, kept, peer, turn.claim)
  } catch (error) {
    signal.throwIfAborted()
    if (isDeviceFault(error)) throw error
  }
}

function isClaimed({ pieceByIndex }: OwnSegment, index: number): boolean {
  return (pieceByIndex.get(index)?.stage ?? 'assigned') !== 'assigned'
}

async function takeClaim(
  { journal }: PlaceParts,
  { group, segment, place, onPlaced }: PlaceJob,
  index: number,
  peer: PeerId,
  bytes: Bytes,
): Promise<void> {
  // What a holder says of itself is taken whatever its date. SPEC GRO5.
  const claim = checkClaim(bytes, Number.MAX_SAFE_INTEGER)
  const isMine = equalBytes(claim.groupId, group.groupId) && claim.holder === peer
  const hasRow = claim.rows.some((row) => row.index === index && equalBytes(row.segmentId, segment.segmentId))
  if (!isMine || !hasRow) throw new HoardError('signature-invalid', { object: 'claim' })
  const piece = { index, holder: peer, stage: 'claimed' } as const
  await commitPieces(journal, group, place, segment, (pieces) => [...pieces, [index, piece]], { holder: peer, claim: claim.bytes })
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
  const outcomes = new Map<Piece, 'verified' | 'lost'>()
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
      outcomes.set(piece, 'verified')
    } catch (error) {
      signal.throwIfAborted()
      // What this device cannot do says nothing about the holder: it is asked again.
      if (isDeviceFault(error)) return
      lines.drop(piece.holder)
      if (provesLie(error)) people.noteLie(piece.holder)
      if (!people.of(piece.holder).isHere) return
      outcomes.set(piece, 'lost')
      onRefused(piece.holder, error)
    }
  })
  await commitPieces(journal, group, place, segment, (pieces) =>
    [...pieces].flatMap(([index, piece]) => {
      const outcome = outcomes.get(piece)
      return outcome === 'lost' ? [] : [[index, outcome === undefined ? piece : { ...piece, stage: outcome }] as const]
    }),
  )
  onPlaced(0)
}

function randomBelow({ random }: PeerParts, bound: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
  return Math.floor(((a * 2 ** 24 + b * 2 ** 16 + c * 256 + d) / 2 ** 32) * bound)
}
