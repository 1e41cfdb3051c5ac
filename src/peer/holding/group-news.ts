import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { checkCharter, checkTombstone, newerPaper, type Paper, readCharter, readTombstone } from '../../core/charter.ts'
import { checkClaim, readClaim, type CheckedClaim } from '../../core/claim.ts'
import type { GroupHost, SentPaper } from '../../protocol/group.ts'
import { refused } from '../../protocol/refusal.ts'
import { ranks } from '../roll/roll.ts'
import type { Endings } from './admitting/endings.ts'
import type { HolderState, KeptState } from './keeping/keep-shards.ts'
import type { Space } from './space.ts'
import type { ClaimTaking } from './take-claims.ts'
import type { Turn } from '../../flow/turns.ts'
import type { Work } from './work.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'

const HOUR_MS = 3_600_000

/** Returns this holder's answers to WHO and TELL. SPEC GRO. */
export function createNews(parts: {
  readonly state: HolderState
  readonly keptState: KeptState
  readonly space: Space
  readonly taking: ClaimTaking
  readonly work: Work
  readonly inTurn: Turn
  readonly endings: Endings
  /** Tells whether the shard of that hexadecimal id is being written now. */
  readonly isUnderWay: (shardName: string) => boolean
  /** Called after news of a group that has orphaned shards here: whole, but without a row. */
  readonly onOrphanNews: (peer: PeerId, groupId: GroupId) => void
  readonly changed: () => void
}): GroupHost {
  const { state, keptState, space, taking, work, inTurn, endings, isUnderWay, onOrphanNews, changed } = parts
  const { clock, papers, signer, shardDisk, keptShards, groups, claims } = state

  const isKept = (groupId: GroupId): boolean => groups.facts(groupId) !== undefined || keptShards.ofGroup(groupId).length > 0

  /** Tells whether whole shards of the group are here for which there is no row. */
  const isOrphaned = (groupId: GroupId): boolean =>
    shardDisk.ofGroup(groupId).some(({ isWhole, shardId }) => isWhole && keptShards.ofShard(shardId).length === 0)

  /** Takes a paper that is newer than the kept one. Resolves with whether its group is known here. */
  async function hearPaper(teller: PeerId, { is, bytes }: SentPaper): Promise<boolean> {
    const read = is === 'tombstone' ? readTombstone(bytes) : readCharter(bytes)
    const { groupId } = read
    const drafts = shardDisk.ofGroup(groupId).filter(({ isWhole }) => !isWhole)
    const isRemembered = isKept(groupId) || isOrphaned(groupId)
    const isComing = drafts.length > 0 || endings.isUnderWay(groupId)
    if (!isRemembered && (is !== 'tombstone' || !isComing)) return false
    const known = await groups.paper(groupId)
    if (known && newerPaper(known, read) === known) return true
    const since = groups.facts(groupId)?.since
    const paper: Paper = work.check(teller, () => (is === 'tombstone' ? checkTombstone : checkCharter)(bytes, papers.now()))
    await inTurn(async () => {
      if (isRemembered || isKept(groupId)) return keptState.takePaper(paper)
      // The end of a group of which nothing whole was kept is obeyed, not remembered: there is nothing of it to ask for. What is being written
      // goes when its stream ends.
      endings.note(paper)
      for (const { shardId } of drafts) {
        if (shardDisk.find(shardId)?.isWhole !== false || isUnderWay(hex(shardId))) continue
        await shardDisk.remove(shardId)
        space.forgetDraft(shardId)
      }
    })
    // An owner may renew thousands of files at once, from any of its devices: once an hour a newer paper is free.
    if (since === undefined || since + HOUR_MS <= clock.now()) work.giveBack(teller, 1)
    return true
  }

  /** Returns the checked claim when it may be new behind those `ahead` and is worth the check, else 'nothing new'; undefined when its group is unknown here. */
  async function hearClaim(
    teller: PeerId,
    bytes: Bytes,
    ahead: readonly CheckedClaim[],
  ): Promise<CheckedClaim | 'nothing new' | undefined> {
    const { groupId, holder, seq, rows } = readClaim(bytes)
    if (!isKept(groupId) && !isOrphaned(groupId)) return undefined
    if (holder === signer.peerId || groups.facts(groupId)?.is === 'tombstone') return 'nothing new'
    const known = await claims.find(groupId, holder)
    const rank = taking.rankOf(teller, groupId, holder)
    if (known && (known.seq > seq || equalBytes(known.bytes, bytes))) {
      if (rank === ranks.placer) await inTurn(() => taking.rename(teller, known))
      return 'nothing new'
    }
    // Peers that placed nothing of the group may only tell of holders and segments that this device knows.
    const isAboutOurs = known !== undefined || rows.some(({ segmentId }) => keptShards.find(segmentId) !== undefined) || isOrphaned(groupId)
    if (rank !== ranks.placer && !isAboutOurs) return 'nothing new'
    if (!taking.mayFit(teller, { groupId, holder }, bytes.length, ahead)) return 'nothing new'
    return work.check(teller, () => checkClaim(bytes, papers.now()))
  }

  return {
    who: async (groupId, after, pageBytes) => {
      const paper = await groups.paper(groupId)
      if (!paper && keptShards.ofGroup(groupId).length === 0) throw refused('UNKNOWN')
      const sentPaper: SentPaper | undefined = paper && { is: paper.is, bytes: paper.bytes }
      if (paper?.is === 'tombstone') return { ...(sentPaper && { paper: sentPaper }), claims: [] }
      const own = (await claims.find(groupId, signer.peerId))?.bytes
      return {
        ...(sentPaper && { paper: sentPaper }),
        ...(own && { own }),
        claims: await claims.page(groupId, signer.peerId, after, pageBytes),
      }
    },
    told: async (peer, news) => {
      const orphaned = new Map<string, GroupId>()
      const checked: CheckedClaim[] = []
      let isOfUse = false
      try {
        if (news.paper) isOfUse = await hearPaper(peer, news.paper)
        for (const bytes of news.claims) {
          const claim = await hearClaim(peer, bytes, checked)
          isOfUse ||= claim !== undefined
          if (typeof claim === 'object') checked.push(claim)
        }
      } finally {
        // Keep the good claims that came before a bad one.
        if (checked.length > 0) await inTurn(() => taking.take(peer, checked))
        if (isOfUse) changed()
      }
      if (!isOfUse) throw refused('UNKNOWN')
      for (const { groupId } of [...checked, ...(news.paper ? [readPaperOf(news.paper)] : [])])
        if (isOrphaned(groupId)) orphaned.set(hex(groupId), groupId)
      for (const groupId of orphaned.values()) onOrphanNews(peer, groupId)
    },
  }
}

function readPaperOf({ is, bytes }: SentPaper): Paper {
  return is === 'tombstone' ? readTombstone(bytes) : readCharter(bytes)
}
