import { hex, type Bytes } from '../../core/bytes.ts'
import { checkCharter, MAX_SEQ_AHEAD_MS, MAX_TERM_MS, nextSeq, signCharter, signTombstone, type Root } from '../../core/charter.ts'
import { groupIdOf } from '../../core/group.ts'
import type { GroupKey, GroupSeed, GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import { groupKeyOf, groupSeedOf } from '../../core/keys.ts'
import type { Policy } from '../../core/policy.ts'
import { ROOT_PLACE, type Change, type Journal } from './journal.ts'
import type { Piece, PieceByIndex, PlacedSegment } from '../placing/placed-segment.ts'
import type { GroupNote, Note, RootObject } from './journal-notes.ts'
import { deniedPlaces, fillRoll, keepersAfter, newsIn, notePieces, putClaim } from './enroll.ts'
import { ranks, type Roll } from '../roll/roll.ts'
import { ANY_TIME, skimClaim } from '../../core/claim.ts'
import { recordKinds } from '../../core/keys.ts'

/**
 * A group of this owner: its keys, charter, segments (number -1 is the manifest or link) and holders. Memory and journal say the same: only
 * the functions below change it, each after its commit.
 */
export interface OwnGroup {
  readonly seed: GroupSeed
  readonly groupKey: GroupKey
  readonly groupId: GroupId
  readonly note: GroupNote
  readonly segments: ReadonlyMap<number, PlacedSegment>
  /** Who keeps the segments, whether or not this device gave them their pieces. */
  readonly roll: Roll
  /** The manifest or link as it was sealed; undefined while there is none, and for one sealed before they were written down. */
  readonly rootObject: RootObject | undefined
}

type Kept<T, Name extends keyof T> = { -readonly [Each in Name]: T[Each] }

/** Term of a charter without a root: holders drop an abandoned store after it. SPEC CHA5. */
const STORING_TERM_MS = 14 * 86_400_000
const RENEW_STORING_MS = 7 * 86_400_000

/** Returns the group whose seed descends from `lease` and `salt`, with everything that the journal has of it. */
export function openOwnGroup(journal: Journal, lease: Uint8Array, salt: Uint8Array): OwnGroup {
  const seed = groupSeedOf(lease, salt)
  const groupKey = groupKeyOf(seed)
  const groupId = groupIdOf(groupKey)
  const noted = journal.segments(groupId)
  const roll = journal.roll(groupId)
  fillRoll(roll, noted.values(), journal.claims(groupId), journal.now())
  return {
    seed,
    groupKey,
    groupId,
    note: journal.group(groupId) ?? {
      seq: 0,
      charter: new Uint8Array(),
      until: 0,
      hasRoot: false,
      manifestR: new Uint8Array(),
      tombstone: null,
    },
    segments: new Map([...noted].map(([at, { segment }]) => [at, segment])),
    roll,
    rootObject: journal.rootObject(groupId),
  }
}

/** Writes down a described segment, before any byte of it leaves the device. */
export async function commitSegment(journal: Journal, group: OwnGroup, at: number, segment: PlacedSegment): Promise<void> {
  await journal.change(group, () => ({
    notes: [{ of: 'segment', groupId: group.groupId, at, segment, keepers: [] }],
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
        { of: 'root', groupId, object },
        { of: 'segment', groupId, at: ROOT_PLACE, segment, keepers: [] },
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
    const { roll, segments } = group
    const said = claimed && newsIn(roll, claimed.holder, claimed.claim)
    const denied = said === undefined ? [] : deniedPlaces(group, said)
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
    const { roll, segments } = group
    const isDenied = (segmentId: SegmentId, { holder, index }: Pick<Piece, 'holder' | 'index'>): boolean =>
      holder === claimed.holder && roll.rowOf(holder, segmentId)?.index !== index
    const changed = [...segments].flatMap(([at, segment]) => (places.includes(at) ? [{ at, segment, pieces: segment.pieceByIndex }] : []))
    const isNewest = skimClaim(claimed.claim)?.seq === roll.find(claimed.holder)?.seq
    return changePieces(journal, group, changed, isDenied, isNewest ? claimed : undefined)
  })
}

/** Returns the change to these pieces of these segments, without those that are denied; a promise cannot be. */
function changePieces(
  journal: Journal,
  { groupId, roll }: OwnGroup,
  changed: readonly { readonly at: number; readonly segment: PlacedSegment; readonly pieces: PieceByIndex }[],
  isDenied: (segmentId: SegmentId, piece: Pick<Piece, 'holder' | 'index'>) => boolean,
  claimed: Claimed | undefined,
): Change {
  const now = journal.now()
  const changes = changed.map(({ at, segment, pieces }) => {
    const kept = [...pieces].filter(([, piece]) => piece.stage === 'assigned' || !isDenied(segment.segmentId, piece))
    return { at, segment, change: { before: segment.pieceByIndex, after: new Map(kept), now } }
  })
  const segments = changes.map(({ at, segment, change }): Note => {
    const keepers = keepersAfter(roll, segment, change, (row) => isDenied(segment.segmentId, row))
    return { of: 'segment', groupId, at, segment: { ...segment, pieceByIndex: change.after }, keepers }
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

function putSegment(group: OwnGroup, at: number, segment: PlacedSegment): void {
  const kept: Kept<OwnGroup, 'segments'> = group
  kept.segments = new Map([...group.segments, [at, segment]])
}

/** Writes down the note that `next` returns; undefined leaves the old one. Resolves with whether it changed. */
async function commitNote(
  journal: Journal,
  group: OwnGroup,
  next: () => GroupNote | undefined,
  claims: readonly PeerId[] = [],
): Promise<boolean> {
  const { groupId } = group
  const nothing = new Uint8Array()
  let isChanged = false
  await journal.change(group, () => {
    const note = next()
    if (note === undefined) return { notes: [], assign: () => undefined }
    return {
      notes: [{ of: 'group', groupId, note }, ...claims.map((holder) => ({ of: 'claim' as const, groupId, holder, claim: nothing }))],
      assign() {
        const kept: Kept<OwnGroup, 'note'> = group
        kept.note = note
        isChanged = true
      },
    }
  })
  return isChanged
}

/** Returns the holders that said themselves that they keep something, or were found to. SPEC GRO5. */
export function saidHolders({ roll }: OwnGroup): readonly PeerId[] {
  return roll.all().flatMap(({ holder, telling, isChecked }) => (isChecked || telling?.rank !== ranks.hearsay ? [holder] : []))
}

/** Tells whether readers can open the group: its charter names a root and it was not ended. */
export function isOpenable({ note }: OwnGroup): boolean {
  return note.hasRoot && note.tombstone === null
}

/**
 * Resolves with the charter to store under: the newest one, or a fresh one without root for a fortnight. A charter that a wrong clock dated
 * so that every right clock refuses it is signed again. SPEC CLK2.
 */
export async function charterForStore(journal: Journal, group: OwnGroup, now: number): Promise<Bytes> {
  await commitNote(journal, group, () => {
    const { charter, hasRoot, until } = group.note
    if (charter.length > 0 && hasRoot) return isRefusedByAll(group, now) ? datedAgain(group, now) : undefined
    if (charter.length > 0 && !isRefusedByAll(group, now) && until - now > RENEW_STORING_MS) return undefined
    return withCharter(group, { until: now + STORING_TERM_MS, grace: 0, root: null }, now)
  })
  return group.note.charter
}

/** Signs and writes down a charter that names `root`, for the policy's term; a charter that names a root already stays. */
export async function signRoot(
  journal: Journal,
  group: OwnGroup,
  root: Root,
  { lease }: Policy,
  now: number,
  announce?: Bytes,
): Promise<void> {
  const grace = root.kind === recordKinds.link ? 0 : lease.graceMs
  const fields = { until: now + lease.termMs, grace, root, ...(announce === undefined ? {} : { announce }) }
  const isOver = (): boolean => group.note.hasRoot || group.note.tombstone !== null
  await commitNote(journal, group, () => (isOver() ? undefined : withCharter(group, fields, now)))
}

/**
 * Signs and writes down a charter that says whether the directory announces the group; everything else in it stays.
 * @returns whether the charter said otherwise before
 */
export async function setAnnounced(
  journal: Journal,
  group: OwnGroup,
  announced: 'from now on' | 'no longer',
  now: number,
): Promise<boolean> {
  return commitNote(journal, group, () => {
    const paper = checkCharter(group.note.charter, ANY_TIME)
    if (paper.is !== 'charter' || (paper.charter.announce !== undefined) === (announced === 'from now on')) return undefined
    const { until, grace, root } = paper.charter
    return withCharter(group, { until, grace, root, ...(announced === 'from now on' ? { announce: group.groupId } : {}) }, now)
  })
}

/** Signs and writes down the end of the group. `promised` peers are told like its holders, since they may have begun to keep a piece. */
export async function endGroup(journal: Journal, group: OwnGroup, promised: readonly PeerId[], now: number): Promise<void> {
  const next = (): GroupNote | undefined => {
    if (group.note.tombstone !== null) return undefined
    const seq = seqAfter(group, now)
    return { ...group.note, seq, tombstone: signTombstone(group.seed, { groupKey: group.groupKey, seq }) }
  }
  await commitNote(journal, group, next, promised)
}

function withCharter(
  group: OwnGroup,
  fields: { readonly until: number; readonly grace: number; readonly root: Root | null; readonly announce?: Bytes },
  now: number,
): GroupNote {
  const seq = seqAfter(group, now)
  const charter = signCharter(group.seed, { groupKey: group.groupKey, seq, retired: [], ...fields })
  return { ...group.note, seq, charter, until: fields.until, hasRoot: fields.root !== null }
}

/** Tells whether every right clock refuses the newest charter for its dates. */
function isRefusedByAll({ note }: OwnGroup, now: number): boolean {
  return note.seq > now + MAX_SEQ_AHEAD_MS || note.until > now + MAX_TERM_MS
}

/** Returns a note with the newest charter signed again, with dates that right clocks accept. */
function datedAgain(group: OwnGroup, now: number): GroupNote | undefined {
  const paper = checkCharter(group.note.charter, ANY_TIME)
  if (paper.is !== 'charter') return undefined
  const { until, grace, root, announce } = paper.charter
  const fields = { until: Math.min(until, now + MAX_TERM_MS), grace, root, ...(announce === undefined ? {} : { announce }) }
  return withCharter(group, fields, now)
}

/** Returns the number of the group's next paper. No one has taken a paper dated too far ahead: the one after it begins at the clock. */
function seqAfter({ note: { seq } }: OwnGroup, now: number): number {
  return nextSeq(seq === 0 || seq > now + MAX_SEQ_AHEAD_MS ? undefined : seq, now)
}
