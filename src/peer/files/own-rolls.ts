import { equalBytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import { commitLook } from '../groups/note-look.ts'
import { allSegments, type OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import type { Look, Roll } from '../roll/roll.ts'

/** The rolls of the groups of this owner's files and links, for checks. */
export interface OwnRolls {
  /** Returns those of the groups that have not ended. */
  rolls(): readonly Roll[]
  /** Resolves with the descriptor of a segment of a roll; undefined when the group has gone. */
  descriptorOf(segmentId: SegmentId, roll: Roll): Promise<Descriptor | undefined>
  /** Notes what a look at a piece of `holder` found, and writes it down. Throws what the journal throws. */
  noteLook(roll: Roll, holder: PeerId, piece: { readonly index: number }, look: Look): Promise<void>
}

/** Returns the rolls of the groups that `opened` returns at each call. */
export function createOwnRolls({ journal, changes }: Pick<StoreTools, 'journal' | 'changes'>, opened: () => readonly OwnGroup[]): OwnRolls {
  const groups = (): readonly OwnGroup[] => opened().filter(({ note }) => note.tombstone === null)
  const find = (
    roll: Roll,
    segmentId: SegmentId,
  ): { readonly group: OwnGroup; readonly place: readonly [number, PlacedSegment] } | undefined => {
    const group = groups().find((each) => each.roll === roll)
    const place = group && [...allSegments(group)].find(([, segment]) => equalBytes(segment.segmentId, segmentId))
    return group && place && { group, place }
  }
  return {
    rolls: () => groups().map(({ roll }) => roll),
    descriptorOf: async (segmentId, roll) => find(roll, segmentId)?.place[1].descriptor,
    async noteLook(roll, holder, { index }, look) {
      const found = find(roll, look.segmentId)
      if (found === undefined) return
      await commitLook(journal, found.group, found.place, { holder, index, look })
      changes.tell()
    },
  }
}
