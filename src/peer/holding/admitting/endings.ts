import { hex } from '../../../core/bytes.ts'
import { newerPaper, type Paper } from '../../../core/charter.ts'
import type { GroupId } from '../../../core/ids.ts'

/**
 * Ends of groups of which pieces are under way: where nothing else of such a group is kept, no record would remember its end until the piece
 * is whole. As many as there are admissions. SPEC ADM1, REP6.
 */
export interface Endings {
  /** A piece of the group is under way until the returned function is called. */
  begin(groupId: GroupId): () => void
  isUnderWay(groupId: GroupId): boolean
  /** Notes a checked tombstone, as long as a piece of its group is under way. */
  note(tombstone: Paper): void
  /** Returns the tombstone that was told while pieces of the group are under way. */
  of(groupId: GroupId): Paper | undefined
  /** Returns the newer one of `paper` and of what ended its group. */
  governing(paper: Paper): Paper
}

/** Returns no endings. */
export function createEndings(): Endings {
  const underWay = new Map<string, { count: number; tombstone?: Paper }>()
  const of: Endings['of'] = (groupId) => underWay.get(hex(groupId))?.tombstone

  return {
    begin(groupId) {
      const name = hex(groupId)
      const group = underWay.get(name) ?? { count: 0 }
      underWay.set(name, group)
      group.count++
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        if (--group.count === 0) underWay.delete(name)
      }
    },
    isUnderWay: (groupId) => underWay.has(hex(groupId)),
    note(tombstone) {
      const group = underWay.get(hex(tombstone.groupId))
      if (group) group.tombstone = group.tombstone ? newerPaper(group.tombstone, tombstone) : tombstone
    },
    of,
    governing(paper) {
      const tombstone = of(paper.groupId)
      return tombstone ? newerPaper(tombstone, paper) : paper
    },
  }
}
