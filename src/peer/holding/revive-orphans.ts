import { equalBytes, hex } from '../../core/bytes.ts'
import { decodeDescriptor, segmentIdOf } from '../../core/descriptor.ts'
import { groupIdOf } from '../../core/group.ts'
import type { Coder } from '../../ports/coder.ts'
import type { Network } from '../../ports/network.ts'
import type { ShardEntry } from '../../ports/shard-store.ts'
import { askToDescribe } from '../../protocol/fetch-shard.ts'
import { digestShard } from './admitting/digest-shard.ts'
import { type HolderState, isOver, isRetiredBy, type KeptState } from './keeping/keep-shards.ts'
import type { Turn } from '../../flow/turns.ts'
import { codeOf } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'

/** Most peers that are asked for one descriptor. */
const ASKED_AT_MOST = 4

/**
 * Returns a function that takes back shards whose descriptors this device has lost: it asks the teller of news and the holders of the group
 * for them, and keeps the shards that they describe. It never throws: the next news try again for the orphans that are left.
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
        // The sweep may have removed the shard while its descriptor was asked for.
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
        // The bytes are not the shard that their footer names: nobody can use them.
        if (codeOf(error) === 'shard-damaged') await shardDisk.remove(entry.shardId).catch(() => undefined)
      }
    }
  }

  const underWay = new Set<string>()
  return async (teller, groupId) => {
    const name = hex(groupId)
    // News that come in while earlier ones are followed up would only ask the same again.
    if (underWay.has(name)) return
    underWay.add(name)
    await reviveGroup(teller, groupId).finally(() => underWay.delete(name))
  }
}
