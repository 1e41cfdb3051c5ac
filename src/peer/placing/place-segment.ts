import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { checkClaim, ANY_TIME } from '../../core/claim.ts'
import { HoardError, isDeviceFault, provesLie } from '../../core/errors.ts'
import { brandPeerId, type GroupId, type PeerId } from '../../core/ids.ts'
import { keptInstead } from '../../protocol/refusal.ts'
import type { StoreExchange } from '../../protocol/store-shard.ts'
import type { Lines } from '../people/lines.ts'
import type { People } from '../people/people.ts'
import { sendPieces, type OpenTurn } from './send-pieces.ts'
import { provePiece } from './prove-piece.ts'
import { type Piece, claimedPieces, type PieceByIndex, type PlacedSegment } from './placed-segment.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { SegmentSource } from './segment-source.ts'
import { raceSignal, within } from '../../flow/deadline.ts'

/** Tools of placing, the same for every segment. */
export interface PlaceParts {
  readonly parts: PeerParts
  readonly people: People
  readonly lines: Lines
}

/**
 * Makes the pieces that `next` returns durable, with a claim that came with them, and only then puts them into the segment. Changes to one
 * segment run one after another: `next` is given the pieces that the last one left.
 */
export type KeepPieces = (
  next: (pieces: PieceByIndex) => Iterable<readonly [number, Piece]>,
  claim?: { readonly holder: PeerId; readonly claim: Bytes },
) => Promise<void>

/** One segment to be placed, and where its sealed bytes are read from. */
export interface PlaceJob {
  readonly groupId: GroupId
  readonly segment: PlacedSegment
  readonly charter: Bytes
  readonly source: SegmentSource
  /** Returns the permit by which `holder` may keep piece `index`. */
  readonly permitFor: (holder: PeerId, index: number) => Bytes
  readonly keep: KeepPieces
  /** Returns the indices that somebody keeps, or claims and is yet to be asked for a leaf of. */
  readonly kept: () => ReadonlySet<number>
  /** Returns the indices to be placed now, best first. */
  readonly missing: () => readonly number[]
  /** People to ask, best first, without those that keep a piece of this segment already. */
  readonly candidates: () => readonly PeerId[]
  /** Called with wire bytes as they are handed over, and after every change of a piece. */
  readonly onPlaced: (bytes: number) => void
  readonly onRefused: (peer: PeerId, error: unknown) => void
}

const TURNS_AT_ONCE = 8
/** No piece is sent before every holder has answered its offer: one that needs longer is asked another time. */
const ANSWER_MS = 15_000

/**
 * Places the pieces of a segment that nobody claims yet, each with a different person, stripe by stripe, and reads back one random leaf of
 * each. Resolves after one round; the segment and the journal then have what could be placed. Failures of single holders do not throw.
 * @returns how many pieces were newly claimed
 */
export async function placeSegment(tools: PlaceParts, job: PlaceJob, signal: AbortSignal): Promise<number> {
  const { segment } = job
  const before = job.kept().size
  const turns: OpenTurn[] = []
  try {
    await openTurns(tools, job, turns, signal)
    if (turns.length > 0) await keepPromises(job, turns)
    await sendPieces(
      {
        parts: tools.parts,
        segment,
        source: job.source,
        onSent: job.onPlaced,
        onClaim: ({ index, peer }, claim) => takeClaim(job, index, peer, claim),
        onRefused: job.onRefused,
        async openHedge(index) {
          const taken = new Set(turns.map(({ peer }) => peer))
          const free = job.candidates().filter((peer) => !taken.has(peer))
          const hedge = await openTurn(tools, job, index, free, signal)
          if (hedge === undefined) return undefined
          turns.push(hedge)
          await keepPromises(job, [hedge])
          return hedge
        },
      },
      [...turns],
      signal,
    )
  } finally {
    for (const { turn } of turns) turn.abort()
  }
  await readBack(tools, job, signal)
  return job.kept().size - before
}

/** Writes down the holder of each open turn before a byte leaves: it must hear of the group's end too. Kept pieces are left alone. */
function keepPromises({ keep, kept }: PlaceJob, turns: readonly OpenTurn[]): Promise<void> {
  return keep((pieces) => {
    const safe = kept()
    const open = turns.filter(({ index }) => !safe.has(index))
    return [...pieces, ...open.map(({ index, peer }) => [index, { index, holder: peer, stage: 'assigned' }] as const)]
  })
}

/** Adds a turn to `turns` for each piece that is missing and that somebody wants. */
async function openTurns(tools: PlaceParts, job: PlaceJob, turns: OpenTurn[], signal: AbortSignal): Promise<void> {
  const { people } = tools
  const { segment } = job
  const missing = job.missing()
  // A holder that has part of a piece is offered the rest; just after a start it may not be back yet, and its piece waits.
  const begun = missing.flatMap((index) => {
    const piece = segment.pieceByIndex.get(index)
    if (piece?.stage !== 'assigned') return []
    const { holder } = piece
    return people.isReachable(holder) || people.isAwaited(holder) ? ([[index, holder]] as const) : []
  })
  const promised = new Map(begun)
  const taken = new Set(promised.values())
  const free = job.candidates().filter((peer) => !taken.has(peer))
  await mapLimited(missing, TURNS_AT_ONCE, async (index) => {
    const first = promised.get(index)
    if (first !== undefined && !people.isReachable(first)) return
    const opened = await openTurn(tools, job, index, first === undefined ? free : [first], signal)
    // The holder that had begun this piece refused or is gone: offer it to another.
    const turn = opened ?? (first === undefined || job.kept().has(index) ? undefined : await openTurn(tools, job, index, free, signal))
    if (turn !== undefined) turns.push(turn)
  })
}

/**
 * Offers a piece to `candidates`, taking one after another off the list, until one wants it; undefined when none does, or one has it
 * already. When a candidate fails, the next is asked; a failure of this device throws.
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
      // The journal cannot hold an id that is not a peer id: offer it nothing.
      brandPeerId(peer)
      const turn = await offer(tools, job, index, peer, signal)
      if (turn.is === 'wanted') return { index, peer, turn }
      await takeClaim(job, index, peer, turn.claim)
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
  { segment, charter, permitFor }: PlaceJob,
  index: number,
  peer: PeerId,
  signal: AbortSignal,
): Promise<StoreExchange> {
  const asking = lines.store(peer, { descriptor: segment.encoded, charter, index, permit: permitFor(peer, index) }, signal)
  return within(parts.clock, ANSWER_MS, signal, (deadline) => raceSignal(asking, deadline)).catch((error: unknown) => {
    asking.then(
      (late) => late.is === 'wanted' && late.abort(),
      () => undefined,
    )
    throw error
  })
}

/** Takes the claim of a holder that refused because it has a piece of this segment that nobody was known to keep: no byte is sent. */
async function recover(tools: PlaceParts, job: PlaceJob, kept: number | undefined, peer: PeerId, signal: AbortSignal): Promise<void> {
  if (kept === undefined || kept >= job.segment.descriptor.shardIds.length || job.kept().has(kept)) return
  try {
    const turn = await offer(tools, job, kept, peer, signal)
    if (turn.is === 'wanted') turn.abort()
    else await takeClaim(job, kept, peer, turn.claim)
  } catch (error) {
    signal.throwIfAborted()
    if (isDeviceFault(error)) throw error
  }
}

async function takeClaim({ groupId, segment, keep, onPlaced }: PlaceJob, index: number, peer: PeerId, bytes: Bytes): Promise<void> {
  // The claim of a holder about itself is taken whatever its date. SPEC GRO5.
  const claim = checkClaim(bytes, ANY_TIME)
  const isMine = equalBytes(claim.groupId, groupId) && claim.holder === peer
  const hasRow = claim.rows.some((row) => row.index === index && equalBytes(row.segmentId, segment.segmentId))
  if (!isMine || !hasRow) throw new HoardError('signature-invalid', { object: 'claim' })
  const piece = { index, holder: peer, stage: 'claimed' } as const
  await keep((pieces) => [...pieces, [index, piece]], { holder: peer, claim: claim.bytes })
  onPlaced(0)
}

/**
 * Asks every holder of a claimed piece for one leaf that it could not foresee. A holder that answers wrongly, or stays silent although
 * connected, loses the piece to somebody else; one that has gone may still prove it later.
 */
async function readBack(
  { parts, people, lines }: PlaceParts,
  { segment, keep, onPlaced, onRefused }: PlaceJob,
  signal: AbortSignal,
): Promise<void> {
  const unproven = claimedPieces(segment).filter(({ stage }) => stage === 'claimed')
  if (unproven.length === 0) return
  const outcomes = new Map<Piece, 'verified' | 'lost'>()
  await mapLimited(unproven, TURNS_AT_ONCE, async (piece) => {
    try {
      await provePiece({ parts, lines, people }, segment, piece, signal)
      outcomes.set(piece, 'verified')
    } catch (error) {
      signal.throwIfAborted()
      // A failure of this device says nothing about the holder: it is asked again.
      if (isDeviceFault(error)) return
      lines.drop(piece.holder)
      if (provesLie(error)) people.noteLie(piece.holder)
      if (!people.of(piece.holder).isNear) return
      outcomes.set(piece, 'lost')
      onRefused(piece.holder, error)
    }
  })
  await keep((pieces) =>
    [...pieces].flatMap(([index, piece]) => {
      const outcome = outcomes.get(piece)
      return outcome === 'lost' ? [] : [[index, outcome === undefined ? piece : { ...piece, stage: outcome }] as const]
    }),
  )
  onPlaced(0)
}
