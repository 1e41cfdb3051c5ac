import type { Descriptor } from '../../core/descriptor.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import type { Roll } from '../roll/roll.ts'
import { createGuardedGroups, type GuardedGroups } from './guarded-groups.ts'
import { type HolderState, isOver } from './keeping/keep-shards.ts'
import type { KeptShard } from './keeping/kept-shards.ts'

/** The rolls of the groups of which pieces are kept here, for checks of their other holders. */
export interface KeptRolls {
  /** Returns the rolls of the groups that are served here and have not ended. */
  rolls(): readonly Roll[]
  /** Resolves with the descriptor of a segment of which a piece is kept here, outside the trash; undefined when there is none. */
  descriptorOf(segmentId: SegmentId): Promise<Descriptor | undefined>
  /** The groups of which pieces are kept here, for repairs. */
  readonly guarded: GuardedGroups
  /** Returns the devices that placed what is kept of a group. */
  placers(groupId: GroupId): readonly PeerId[]
  /** Returns the groups of which a piece is kept here outside the trash, by hexadecimal id, each with the devices that placed what is kept of it. */
  keptGroups(): ReadonlyMap<string, KeptGroup>
  /** Returns another number after each change of a holder, its seq or its rows in any group. */
  rollsVersion(): number
}

/** A group of which a piece is kept here. */
export interface KeptGroup {
  readonly groupId: GroupId
  readonly placers: readonly PeerId[]
}

/** Returns the rolls as they are at each call. `isServable` tells whether pieces of a group may be served. SPEC SYN6. */
export function createKeptRolls(
  state: Pick<HolderState, 'claims' | 'groups' | 'keptShards' | 'papers' | 'shardDisk'>,
  isServable: (groupId: GroupId) => boolean,
): KeptRolls {
  const { claims, groups, keptShards, papers } = state
  /** What `keptGroups` returned last. */
  let known: { readonly version: number; readonly groups: ReadonlyMap<string, KeptGroup> } = { version: -1, groups: new Map() }
  return {
    guarded: createGuardedGroups(state, isServable),
    rolls: () =>
      claims.groups().flatMap((groupId) => {
        const facts = groups.facts(groupId)
        const isEnded = facts !== undefined && isOver(facts, papers.passed())
        const isKept = keptShards.ofGroup(groupId).length > 0
        return isKept && isServable(groupId) && !isEnded ? [claims.roll(groupId)] : []
      }),
    placers: (groupId) => placersOf(keptShards.ofGroup(groupId)),
    keptGroups() {
      if (known.version === keptShards.version()) return known.groups
      const kept = new Map<string, KeptGroup>()
      for (const [name, rows] of keptShards.groups()) {
        const [first] = rows
        if (first && rows.some(({ trashedAt }) => trashedAt === undefined))
          kept.set(name, { groupId: first.groupId, placers: placersOf(rows) })
      }
      known = { version: keptShards.version(), groups: kept }
      return kept
    },
    rollsVersion: claims.version,
    async descriptorOf(segmentId) {
      const row = keptShards.find(segmentId)
      return row && row.trashedAt === undefined ? (await keptShards.papers(row))?.descriptor : undefined
    },
  }
}

function placersOf(rows: readonly KeptShard[]): readonly PeerId[] {
  return [...new Set(rows.map(({ placedBy }) => placedBy))]
}
