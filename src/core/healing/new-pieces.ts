import { compareBytes, utf8, type Bytes } from '../bytes.ts'
import type { GroupId, PeerId, SegmentId } from '../ids.ts'
import { labelledHash } from '../labels.ts'
import { choosePlacement, type Candidate, type Keeping, type PlacementCaps } from '../placement.ts'
import type { PieceSeen, PieceTold } from './repair-need.ts'

/** Somebody with room who could keep a new piece. `isInSet`: it keeps other segments of the group. */
export type RepairCandidate = Pick<Candidate<PeerId>, 'peer' | 'weight' | 'domain' | 'engine' | 'isInSet' | 'isNewcomer'>

/** A row of somebody's claim on a segment. */
type KeptPiece = Pick<PieceSeen<PeerId>, 'index' | 'peer' | 'standing' | 'isLost'>

/** Keys that order indices; between the last two lies the time at which a silent holder was last seen. */
const NEVER_USED = -2
const GIVEN_UP = -1
const COUNTS = Number.MAX_VALUE

/**
 * Returns the indices that may be made, best first: those that nobody was ever given, those that were given up or proven false, and those
 * of people whose silence or refusal is longest. An index that counts is never among them.
 * @param t indices of the code, spares included
 * @param pieces all rows about the segment, also of people who are lost
 * Source: SPEC.md RPR7.
 */
export function indicesToMake(t: number, pieces: readonly Omit<PieceSeen, 'peer'>[]): readonly number[] {
  const keys = new Float64Array(t).fill(NEVER_USED)
  for (const piece of pieces) if (piece.index < t) keys[piece.index] = Math.max(keys[piece.index] ?? NEVER_USED, keyOf(piece))
  const free: number[] = []
  for (let index = 0; index < t; index++) if (keys[index] !== COUNTS) free.push(index)
  return free.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b)
}

/**
 * Returns in which order people are asked to keep new pieces of a segment: people of the group, then the weighted order of PLC1, with draws
 * that depend on group and person alone, so that guardians who do not know of each other choose the same few.
 * @param candidates people who are there and have room
 * @param n shards of the segment in all, of which the caps are shares
 * @param keeping people who keep a piece that counts
 * Source: SPEC.md RPR9.
 */
export function newHolders(
  candidates: readonly RepairCandidate[],
  groupId: GroupId,
  n: number,
  caps: PlacementCaps,
  keeping: readonly Keeping[],
): readonly PeerId[] {
  const drawn = candidates.map((candidate) => ({ ...candidate, isPartner: false, draw: repairDraw(groupId, candidate.peer) }))
  return choosePlacement(drawn, n, caps, keeping)
}

/** Returns a number in [0, 1) that depends on the group and the person alone: 48 bits of H("repair-draw"). SPEC RPR9. */
export function repairDraw(groupId: GroupId, peer: PeerId): number {
  const bytes = labelledHash('repair-draw', groupId, utf8(peer))
  let draw = 0
  for (let at = 0; at < 6; at++) draw = draw * 256 + (bytes[at] ?? 0)
  return draw / 2 ** 48
}

/**
 * Tells whether a holder gives up its piece `own` for `brought`, which a repair brings: its own is a double, and nobody keeps `brought`. So
 * copies of one piece cannot take the places of the others.
 * @param pieces rows about the segment that this holder knows, its own among them or not
 * Source: SPEC.md RPR10.
 */
export function givesWay(self: PeerId, own: number, brought: number, segmentId: SegmentId, pieces: readonly KeptPiece[]): boolean {
  const isKept = provenOthers(self, pieces).some(({ index }) => index === brought)
  return own !== brought && !isKept && isDouble(self, own, segmentId, pieces)
}

/**
 * Tells whether `holder` keeps a double: somebody else is proven to keep the piece `own` too, and it is not `holder` who stays. Of two that
 * could give way one always stays.
 * Source: SPEC.md RPR10.
 */
export function isDouble(holder: PeerId, own: number, segmentId: SegmentId, pieces: readonly KeptPiece[]): boolean {
  // Asked about every row of every segment, and hardly any is a double: nothing is made before one is found.
  const isOther = (piece: KeptPiece): boolean => piece.index === own && isProvenOther(holder, piece)
  return pieces.some(isOther) && staysBefore(holder, segmentId, pieces.filter(isOther)).length > 0
}

/**
 * Tells whether a holder that needs room may drop its piece `own`: among the others who stay before it somebody keeps the same piece, or n
 * different ones are kept. Those who stay before it are the same for everybody who looks, so that of people who know the same, and drop at
 * once, n different pieces remain; somebody who knows less drops less. A row counts once it is proven and was told at `toldUntil` at the
 * latest: people who came lately may be gone as soon.
 * @param pieces rows about the segment that this holder knows, its own among them or not
 * @param toldUntil Unix milliseconds: lostAfterMs ago
 * Source: SPEC.md RPR15.
 */
export function isSurplus(
  self: PeerId,
  own: number,
  { segmentId, n }: { readonly segmentId: SegmentId; readonly n: number },
  pieces: readonly (KeptPiece & Pick<PieceTold, 'toldAt'>)[],
  toldUntil: number,
): boolean {
  const others = provenOthers(self, pieces).filter(({ toldAt }) => toldAt <= toldUntil)
  // Most pieces are none, and need no digest for that.
  const couldBe = others.some(({ index }) => index === own) || differentOf(others).size >= n
  const before = couldBe ? differentOf(staysBefore(self, segmentId, others)) : new Set<number>()
  return before.has(own) || before.size >= n
}

/** Orders the rows of one index; the highest of them says how free it is. */
function keyOf({ standing, isLost, lastSeenAt }: Omit<PieceSeen, 'peer'>): number {
  if (standing === 'gone') return GIVEN_UP
  return isLost || standing === 'stale' ? Math.max(0, lastSeenAt) : COUNTS
}

/** Returns the rows that checks have proven, of people other than `self` who are not lost. */
function provenOthers<T extends KeptPiece>(self: PeerId, pieces: readonly T[]): readonly T[] {
  return pieces.filter((piece) => isProvenOther(self, piece))
}

function isProvenOther(self: PeerId, { peer, standing, isLost }: KeptPiece): boolean {
  return peer !== self && !isLost && standing === 'proven'
}

/** Returns the rows of those who stay rather than `self`. */
function staysBefore<T extends KeptPiece>(self: PeerId, segmentId: SegmentId, pieces: readonly T[]): readonly T[] {
  const mine = stayKey(segmentId, self)
  return pieces.filter(({ peer }) => compareBytes(stayKey(segmentId, peer), mine) < 0)
}

function differentOf(pieces: readonly Pick<KeptPiece, 'index'>[]): ReadonlySet<number> {
  return new Set(pieces.map(({ index }) => index))
}

/** Those with the lowest keys stay. SPEC RPR10. */
function stayKey(segmentId: SegmentId, peer: PeerId): Bytes {
  return labelledHash('double-stays', segmentId, utf8(peer))
}
