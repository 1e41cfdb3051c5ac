import { hex, type Bytes } from '../../core/bytes.ts'
import { groupIdOf } from '../../core/group.ts'
import type { GroupKey, GroupSeed, GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import { groupKeyOf, groupSeedOf } from '../../core/keys.ts'
import { OTHER_LAYOUT, ROOT_PLACE, type Change, type Journal } from './journal.ts'
import type { Piece, PieceByIndex, PlacedSegment } from '../placing/placed-segment.ts'
import type { GroupNote, Note, RootObject } from './journal-notes.ts'
import { deniedPlaces, fillRoll, keepersAfter, newsIn, notePieces, putClaim } from './enroll.ts'
import { ranks, type Roll } from '../roll/roll.ts'
import { skimClaim } from '../../core/claim.ts'

/**
 * A group of this owner: its keys, charter, segments (number -1 is the manifest or link) and holders. Memory and journal say the same: only
 * the functions below and those of `own-papers` change it, each after its commit.
 */
export interface OwnGroup {
  readonly seed: GroupSeed
  readonly groupKey: GroupKey
  readonly groupId: GroupId
  readonly note: GroupNote
  readonly segments: ReadonlyMap<number, PlacedSegment>
  /** The segments of the other layout while both are kept, each `OTHER_LAYOUT` places behind: no reader of the newest charter uses them. */
  readonly others: ReadonlyMap<number, PlacedSegment>
  /** Who keeps the segments, whether or not this device gave them their pieces. */
  readonly roll: Roll
  /** The manifest or link as it was sealed; undefined while there is none, and for one sealed before they were written down. */
  readonly rootObject: RootObject | undefined
}

/** What a committed change may assign. */
export type Kept<T, Name extends keyof T> = { -readonly [Each in Name]: T[Each] }

/** Returns the group whose seed descends from `lease` and `salt`, with everything that the journal has of it. */
export function openOwnGroup(journal: Journal, lease: Uint8Array, salt: Uint8Array): OwnGroup {
  const seed = groupSeedOf(lease, salt)
  const groupKey = groupKeyOf(seed)
  return { seed, groupKey, ...openNoted(journal, groupIdOf(groupKey)) }
}

/** Returns everything that the journal has of a group, whoever has its key. */
export function openNoted(journal: Journal, groupId: GroupId): Omit<OwnGroup, 'seed' | 'groupKey'> {
  const noted = journal.segments(groupId)
  const roll = journal.roll(groupId)
  fillRoll(roll, noted.values(), journal.claims(groupId), journal.now())
  const note = journal.group(groupId) ?? {
    seq: 0,
    charter: new Uint8Array(),
    until: 0,
    hasRoot: false,
    manifestR: new Uint8Array(),
    tombstone: null,
  }
  const all = [...noted].map(([place, { segment }]) => [placeIn({ note }, place), segment] as const)
  return {
    groupId,
    note,
    segments: new Map(all.filter(([at]) => !isOfOther(at))),
    others: new Map(all.filter(([at]) => isOfOther(at))),
    roll,
    rootObject: journal.rootObject(groupId, note.layout),
  }
}

/** Returns the segments of both layouts of a group. */
export function allSegments({ segments, others }: Pick<OwnGroup, 'segments' | 'others'>): ReadonlyMap<number, PlacedSegment> {
  return others.size === 0 ? segments : new Map([...segments, ...others])
}

/** Returns the place in the journal of segment `at` of a group, and the other way round: a layout stays where it was begun. */
export function placeIn({ note }: Pick<OwnGroup, 'note'>, at: number): number {
  return note.layout === 1 ? inOtherLayout(at) : at
}

/** Returns the same place in the other layout. */
export function inOtherLayout(at: number): number {
  return isOfOther(at) ? at - OTHER_LAYOUT : at + OTHER_LAYOUT
}

function isOfOther(at: number): boolean {
  return at >= OTHER_LAYOUT + ROOT_PLACE
}

/** Writes down a described segment, before any byte of it leaves the device. */
export async function commitSegment(journal: Journal, group: OwnGroup, at: number, segment: PlacedSegment): Promise<void> {
  await journal.change(group, () => ({
    notes: [{ of: 'segment', groupId: group.groupId, at: placeIn(group, at), segment, keepers: [] }],
    assign: () => putSegment(group, at, segment),
  }))
}

/** Writes down the root object of the group and its segment together: each is useless without the other. SPEC SEA6. */
export async function commitRoot(
  journal: Journal,
  group: OwnGroup,
  { r, object, segment }: { readonly r: Bytes; readonly object: RootObject; readonly segment: PlacedSegment },
): Promise<void> {
  const { groupId } = group
  await journal.change(group, () => {
    const note = { ...group.note, manifestR: r }
    return {
      notes: [
        { of: 'group', groupId, note },
        { of: 'root', groupId, layout: note.layout ?? 0, object },
        { of: 'segment', groupId, at: placeIn(group, ROOT_PLACE), segment, keepers: [] },
      ],
      assign() {
        const kept: Kept<OwnGroup, 'note' | 'rootObject'> = group
        kept.note = note
        kept.rootObject = object
        putSegment(group, ROOT_PLACE, segment)
      },
    }
  })
}

/** A claim in the bytes that its holder signed. */
interface Claimed {
  readonly holder: PeerId
  readonly claim: Bytes
}

/**
 * Writes down the pieces of a segment, with the claim that came with them; pieces of which that claim says no longer that its holder keeps
 * them are gone with it, in all segments. `update` is given the current pieces when its turn comes.
 * @throws HoardError 'format-invalid' when a row cannot be written, or what the journal throws; nothing has changed then
 */
export async function commitPieces(
  journal: Journal,
  group: OwnGroup,
  at: number,
  segment: PlacedSegment,
  update: (pieces: PieceByIndex) => Iterable<readonly [number, Piece]>,
  claimed?: Claimed,
): Promise<void> {
  await journal.change(group, () => {
    const { roll } = group
    const segments = allSegments(group)
    const said = claimed && newsIn(roll, claimed.holder, claimed.claim)
    const denied = said === undefined ? [] : deniedPlaces({ roll, segments }, said)
    const indexBySegment = new Map(said?.rows.map(({ segmentId, index }) => [hex(segmentId), index]))
    const isDenied = (segmentId: SegmentId, { holder, index }: Pick<Piece, 'holder' | 'index'>): boolean =>
      holder === said?.holder && index !== indexBySegment.get(hex(segmentId))
    const others = [...segments].flatMap(([place, other]) =>
      place !== at && denied.includes(place) ? [{ at: place, segment: other, pieces: other.pieceByIndex }] : [],
    )
    const updated = { at, segment, pieces: new Map(update(segment.pieceByIndex)) }
    return changePieces(journal, group, [updated, ...others], isDenied, claimed)
  })
}

/**
 * Writes down that a holder keeps no longer what it kept of the segments at `places`: the roll has its claim already, and that goes with it.
 * Throws what the journal throws.
 */
export async function commitDenied(journal: Journal, group: OwnGroup, places: readonly number[], claimed: Claimed): Promise<void> {
  await journal.change(group, () => {
    const { roll } = group
    const isDenied = (segmentId: SegmentId, { holder, index }: Pick<Piece, 'holder' | 'index'>): boolean =>
      holder === claimed.holder && roll.rowOf(holder, segmentId)?.index !== index
    const changed = [...allSegments(group)].flatMap(([at, segment]) =>
      places.includes(at) ? [{ at, segment, pieces: segment.pieceByIndex }] : [],
    )
    const isNewest = skimClaim(claimed.claim)?.seq === roll.find(claimed.holder)?.seq
    return changePieces(journal, group, changed, isDenied, isNewest ? claimed : undefined)
  })
}

/** Returns the change to these pieces of these segments, without those that are denied; a promise cannot be. */
function changePieces(
  journal: Journal,
  group: OwnGroup,
  changed: readonly { readonly at: number; readonly segment: PlacedSegment; readonly pieces: PieceByIndex }[],
  isDenied: (segmentId: SegmentId, piece: Pick<Piece, 'holder' | 'index'>) => boolean,
  claimed: Claimed | undefined,
): Change {
  const { groupId, roll } = group
  const now = journal.now()
  const changes = changed.map(({ at, segment, pieces }) => {
    const kept = [...pieces].filter(([, piece]) => piece.stage === 'assigned' || !isDenied(segment.segmentId, piece))
    return { at, segment, change: { before: segment.pieceByIndex, after: new Map(kept), now } }
  })
  const segments = changes.map(({ at, segment, change }): Note => {
    const keepers = keepersAfter(roll, segment, change, (row) => isDenied(segment.segmentId, row))
    return { of: 'segment', groupId, at: placeIn(group, at), segment: { ...segment, pieceByIndex: change.after }, keepers }
  })
  const claims: readonly Note[] = claimed === undefined ? [] : [{ of: 'claim', groupId, ...claimed }]
  return {
    notes: [...segments, ...claims],
    assign() {
      if (claimed !== undefined) putClaim(roll, claimed.holder, claimed.claim, now)
      for (const { segment, change } of changes) {
        const kept: Kept<PlacedSegment, 'pieceByIndex'> = segment
        kept.pieceByIndex = change.after
        notePieces(roll, segment, change)
      }
    },
  }
}

/** Forgets the segments at these places of the group: this device has no more to do with them. Throws what the journal throws. */
export async function dropSegments(journal: Journal, group: OwnGroup, places: readonly number[]): Promise<void> {
  const rows = places.map((at) => placeIn(group, at))
  await journal.dropLayout(group.groupId, rows, 1 - (group.note.layout ?? 0))
  const kept: Kept<OwnGroup, 'segments'> = group
  kept.segments = new Map([...group.segments].filter(([at]) => !places.includes(at)))
}

function putSegment(group: OwnGroup, at: number, segment: PlacedSegment): void {
  const kept: Kept<OwnGroup, 'segments' | 'others'> = group
  if (isOfOther(at)) kept.others = new Map([...group.others, [at, segment]])
  else kept.segments = new Map([...group.segments, [at, segment]])
}

/** Returns the holders that said themselves that they keep something, or were found to. SPEC GRO5. */
export function saidHolders({ roll }: OwnGroup): readonly PeerId[] {
  return roll.all().flatMap(({ holder, telling, isChecked }) => (isChecked || telling?.rank !== ranks.hearsay ? [holder] : []))
}

/** Tells whether readers can open the group: its charter names a root and it was not ended. */
export function isOpenable({ note }: OwnGroup): boolean {
  return note.hasRoot && note.tombstone === null
}
