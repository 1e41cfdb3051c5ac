import { hex, type Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import type { FileCode } from '../../core/policy.ts'
import type { Roll } from '../roll/roll.ts'
import { type HolderState, isOver } from './keeping/keep-shards.ts'
import type { KeptShard } from './keeping/kept-shards.ts'
import { createRecent } from './keeping/recent.ts'

/** A piece that this device keeps whole, of a group that lives. */
export interface GuardedPiece {
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  readonly index: number
  /** Bytes of the piece. */
  readonly length: number
  /** When it was kept, Unix milliseconds. */
  readonly keptAt: number
  /** The device of the owner that placed it; absent when a guardian brought it. */
  readonly owner?: PeerId
}

/** The papers of a guarded piece, as they are shown to new holders. */
export interface GuardedPapers {
  readonly descriptor: Descriptor
  readonly descriptorBytes: Bytes
  readonly charter: Bytes
}

/** The groups of which this device keeps pieces, for repairs. */
export interface GuardedGroups {
  /** Returns the groups of which anything is kept. */
  groups(): readonly GroupId[]
  /**
   * Returns the pieces of a group that may be repaired: outside the trash, so that no charter has retired them, whole on disk, and of a group
   * that has not ended, is not over and is served here. SPEC SYN6.
   */
  piecesOf(groupId: GroupId): readonly GuardedPiece[]
  /** Returns the piece of a segment, under the same conditions. */
  find(segmentId: SegmentId): GuardedPiece | undefined
  /** Tells whether a piece of the segment is kept, served for now or not. */
  isKept(segmentId: SegmentId): boolean
  roll(groupId: GroupId): Roll
  /** Resolves with whether the owner has said that the group is stored: its charter names the root. Core SPEC CHA3. */
  isStored(groupId: GroupId): Promise<boolean>
  /** Resolves with the code of a piece's segment; undefined when its descriptor is lost. Asked often: it stays at hand. */
  codeOf(piece: GuardedPiece): Promise<FileCode | undefined>
  /** Resolves with the papers of a piece; undefined when they are lost, or the group has ended. */
  papersOf(piece: GuardedPiece): Promise<GuardedPapers | undefined>
  /** Resolves with the newest claim of `holder` as it was signed; undefined when there is none. */
  claim(groupId: GroupId, holder: PeerId): Promise<Bytes | undefined>
}

/** Codes that stay in memory, some 150 bytes each: a scan asks for all of them. */
const CODES_AT_HAND = 16_384

/** Returns the groups as they are at each call. `isServable` tells whether pieces of a group may be served. SPEC SYN6. */
export function createGuardedGroups(
  { claims, groups, keptShards, papers, shardDisk }: Pick<HolderState, 'claims' | 'groups' | 'keptShards' | 'papers' | 'shardDisk'>,
  isServable: (groupId: GroupId) => boolean,
): GuardedGroups {
  const isLive = (groupId: GroupId): boolean => {
    const facts = groups.facts(groupId)
    return facts !== undefined && !isOver(facts, papers.passed())
  }
  const isHere = ({ trashedAt, shardId }: KeptShard): boolean => trashedAt === undefined && shardDisk.find(shardId)?.isWhole === true
  const viewOf = ({ groupId, segmentId, index, length, at, placedBy, isPermitted }: KeptShard): GuardedPiece => {
    const piece = { groupId, segmentId, index, length, keptAt: at }
    return isPermitted ? { ...piece, owner: placedBy } : piece
  }
  const codes = createRecent<FileCode>(CODES_AT_HAND)
  return {
    groups: claims.groups,
    piecesOf: (groupId) => (isLive(groupId) && isServable(groupId) ? keptShards.ofGroup(groupId).filter(isHere).map(viewOf) : []),
    find: (segmentId) => {
      const row = keptShards.find(segmentId)
      return row && isHere(row) && isLive(row.groupId) && isServable(row.groupId) ? viewOf(row) : undefined
    },
    isKept: (segmentId) => {
      const row = keptShards.find(segmentId)
      return row !== undefined && row.trashedAt === undefined && isLive(row.groupId)
    },
    roll: claims.roll,
    async isStored(groupId) {
      const paper = await groups.paper(groupId)
      return paper?.is === 'charter' && paper.charter.root !== null
    },
    async codeOf({ segmentId }) {
      const name = hex(segmentId)
      const known = codes.get(name)
      if (known) return known
      const row = keptShards.find(segmentId)
      const descriptor = row && (await keptShards.papers(row))?.descriptor
      if (!descriptor) return undefined
      const { k, m, n } = descriptor
      codes.put(name, { k, m, n })
      return { k, m, n }
    },
    async papersOf({ segmentId, groupId }) {
      const row = keptShards.find(segmentId)
      const [shown, paper] = [row && (await keptShards.papers(row)), await groups.paper(groupId)]
      if (!shown || paper?.is !== 'charter') return undefined
      return { descriptor: shown.descriptor, descriptorBytes: shown.descriptorBytes, charter: paper.bytes }
    },
    claim: async (groupId, holder) => (await claims.find(groupId, holder))?.bytes,
  }
}
