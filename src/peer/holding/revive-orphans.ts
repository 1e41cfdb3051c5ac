import { equalBytes, hex } from '../../core/bytes.ts'
import { decodeDescriptor, segmentIdOf } from '../../core/descriptor.ts'
import { groupIdOf } from '../../core/group.ts'
import type { Coder } from '../../ports/coder.ts'
import type { Network } from '../../ports/network.ts'
import type { ShardEntry } from '../../ports/shard-store.ts'
import { askToDescribe } from '../../protocol/fetch-shard.ts'
import { digestShard } from './digest-shard.ts'
import { type HolderState, isOver, isRetiredBy, type KeptState } from './keeping/keep-shards.ts'
import type { Turn } from '../../flow/turns.ts'
import { codeOf } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'

/** Peers asked for one descriptor. */
const ASKED_AT_MOST = 4

/**
 * Takes shards back whose descriptors this device has lost: asks the teller of news and co-holders that claim the same segment, and keeps
 * what their answers name. Never throws: an orphan that stays one is tried again with the next news.
 * Source: protocol SPEC.md KEE5.
 */
export function createRevival(parts: {
  readonly network: Network
  readonly coder: Coder
  readonly state: HolderState
  readonly keptState: KeptState
  readonly inTurn: Turn
  readonly signal: AbortSignal
  readonly changed: () => void
}): (teller: PeerId, groupId: GroupId) => Promise<void> {
  const { network, coder, state, keptState, inTurn, signal, changed } = parts
  const { clock, papers, shardDisk, keptShards, groups, claims } = state

  async function describedBy(peer: PeerId, entry: ShardEntry) {
    const descriptorBytes = await askToDescribe(network, clock, peer, entry.segmentId, { signal })
    if (!equalBytes(segmentIdOf(descriptorBytes), entry.segmentId)) return undefined
    const descriptor = decodeDescriptor(descriptorBytes)
    const shardId = descriptor.shardIds[entry.index]
    const isOurs = shardId && equalBytes(shardId, entry.shardId) && equalBytes(groupIdOf(descriptor.groupKey), entry.groupId)
    return isOurs ? descriptorBytes : undefined
  }

  async function revive(teller: PeerId, entry: ShardEntry): Promise<void> {
    const { segmentId, groupId, index, shardId, length } = entry
    const peers = [teller, ...claims.holders(groupId).filter((peer) => peer !== teller && peer !== state.signer.peerId)]
    for (const peer of peers.slice(0, ASKED_AT_MOST)) {
      const descriptorBytes = await describedBy(peer, entry).catch(() => undefined)
      if (!descriptorBytes) continue
      const leafDigests = await digestShard(shardDisk, coder, entry)
      await inTurn(async () => {
        const paper = await groups.paper(groupId)
        const isTaken = keptShards.find(segmentId) !== undefined
        // It may have been swept away while it was asked about.
        if (!shardDisk.find(shardId)?.isWhole) return
        if (isTaken || paper?.is !== 'charter' || isRetiredBy(paper, segmentId)) return
        if (isOver({ is: paper.is, ...paper.charter }, papers.passed())) return
        const row = { segmentId, groupId, index, shardId, length, placedBy: teller, at: clock.now() }
        await keptState.keep(row, { descriptorBytes, leafDigests }, paper)
      })
      changed()
      return
    }
  }

  async function reviveGroup(teller: PeerId, groupId: GroupId): Promise<void> {
    const orphans = shardDisk.ofGroup(groupId).filter(({ isWhole }) => isWhole)
    for (const entry of orphans) {
      if (keptShards.ofShard(entry.shardId).length > 0) continue
      try {
        await revive(teller, entry)
      } catch (error) {
        if (signal.aborted) return
        // Not the shard that its footer speaks of: nobody can use it.
        if (codeOf(error) === 'shard-damaged') await shardDisk.remove(entry.shardId).catch(() => undefined)
      }
    }
  }

  const underWay = new Set<string>()
  return async (teller, groupId) => {
    const name = hex(groupId)
    // News that come in while others are followed up would only ask the same again.
    if (underWay.has(name)) return
    underWay.add(name)
    await reviveGroup(teller, groupId).finally(() => underWay.delete(name))
  }
}
