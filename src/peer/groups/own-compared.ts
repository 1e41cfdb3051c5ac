import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { checkCharter, readCharter, readTombstone, type Paper } from '../../core/charter.ts'
import { checkClaim, readClaim, type CheckedClaim } from '../../core/claim.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { ComparedGroups } from '../roll/compared-groups.ts'
import { ranks, type Telling } from '../roll/roll.ts'
import { roomFor, type RollBounds } from '../roll/room-for.ts'
import { claimIn, type Journal } from './journal.ts'
import type { GroupNote } from './journal-notes.ts'
import { allSegments, type OwnGroup } from './own-group.ts'
import { takeCharter } from './own-papers.ts'

/** Most bytes of the claims of one group that an owner keeps in mind. SPEC GRO4. */
const GROUP_CLAIM_BYTES = 1024 * 1024

/**
 * Returns the groups of this owner as they are compared with what their holders know. A holder's own claim is written down; hearsay is kept
 * in mind alone, and changes nothing that a holder said itself. SPEC GRO5.
 * @param opened returns the groups that are open now
 * @param now returns the time by which claims are dated, Unix milliseconds
 */
export function compareOwnGroups(
  journal: Journal,
  opened: () => readonly OwnGroup[],
  now: () => number,
  bounds: Omit<RollBounds, 'bytes'>,
): ComparedGroups {
  const listeners = new Set<(groupId: GroupId) => void>()
  const find = (groupId: GroupId): OwnGroup | undefined => opened().find((group) => equalBytes(group.groupId, groupId))

  /** Keeps the claim if it is newer than what is known, and worth its check. Throws HoardError of `checkClaim`. */
  async function hear(peer: PeerId, group: OwnGroup, bytes: Bytes): Promise<void> {
    const { groupId, holder, seq } = readClaim(bytes)
    const known = group.roll.find(holder)
    const rank = holder === peer ? ranks.holder : ranks.hearsay
    const isSaid = known !== undefined && known.telling?.rank !== ranks.hearsay
    if (!equalBytes(groupId, group.groupId) || seq <= (known?.seq ?? -1) || holder === bounds.self) return
    if (rank === ranks.hearsay && isSaid) return
    const telling = { teller: peer, rank, isPlacers: false }
    const room = roomFor(group.roll, { holder, telling, bytes: bytes.length, isChecked: false }, { ...bounds, bytes: GROUP_CLAIM_BYTES })
    if (room === undefined) return
    const claim = checkClaim(bytes, now())
    await adoptClaim(journal, group, { claim, telling, room })
    for (const listener of listeners) listener(groupId)
  }

  return {
    all: () => opened().flatMap(({ groupId, note }) => (note.charter.length > 0 ? [groupId] : [])),
    isKnown: (groupId) => journal.groupMark(groupId) !== undefined,
    roll: (groupId) => journal.roll(groupId),
    paperMark: (groupId) => journal.groupMark(groupId),
    paper: async (groupId) => paperOf(journal.group(groupId)),
    claim: claimIn(journal),
    take: async (peer, groupId, { paper, claims }) => {
      const group = find(groupId)
      if (group === undefined) return
      if (paper?.is === 'charter') await takeCharter(journal, group, checkCharter(paper.bytes, now()))
      for (const bytes of claims) await hear(peer, group, bytes)
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Papers of this owner's own journal need no check. */
function paperOf(note: GroupNote | undefined): Paper | undefined {
  if (note === undefined) return undefined
  const { tombstone, charter } = note
  if (tombstone !== null) return readTombstone(tombstone)
  return charter.length > 0 ? readCharter(charter) : undefined
}

/**
 * Puts a checked claim that somebody told; one that its holder told itself is written down. Those in `room` go for it.
 * Does nothing when the group was ended or forgotten meanwhile. Throws what the journal throws.
 */
async function adoptClaim(
  journal: Journal,
  group: OwnGroup,
  { claim, telling, room }: { readonly claim: CheckedClaim; readonly telling: Telling; readonly room: readonly PeerId[] },
): Promise<void> {
  const { groupId, roll } = group
  const { holder, seq, bytes } = claim
  await journal.change(group, () => {
    const note = journal.group(groupId)
    if (note === undefined || note.tombstone !== null) return { notes: [], assign: () => undefined }
    const ours = new Set(Array.from(allSegments(group).values(), ({ segmentId }) => hex(segmentId)))
    return {
      notes: telling.rank === ranks.holder ? [{ of: 'claim', groupId, holder, claim: bytes }] : [],
      assign() {
        for (const other of room) roll.drop(other)
        const rows = claim.rows.filter(({ segmentId }) => ours.has(hex(segmentId)))
        roll.put({ holder, seq, takenAt: journal.now(), rows, telling, bytes: bytes.length })
      },
    }
  })
}
