import { isSurplus } from '../../core/healing/new-pieces.ts'
import type { Policy } from '../../core/policy.ts'
import type { RepairEvidence } from '../roll/testimony.ts'
import type { GuardedGroups, GuardedPiece } from './guarded-groups.ts'
import type { HolderState, KeptState } from './keeping/keep-shards.ts'

/** Time after the start in which those who are gone may still be awaited, milliseconds: twice what SPEC GRO4 gives them. */
const LOOK_AROUND_MS = 120_000

/**
 * Returns a function that gives up pieces which others keep often enough, one after the other until `isEnough`. It runs in turn. A look goes
 * through everything that is kept: after one that did not find enough there is no other for scanMs. Nothing is given up of a group that is
 * not served yet, nor by a device that has just started.
 * @param evidence returns how much what others claim counts here; undefined while this device is starting
 * Source: core SPEC.md RPR15; protocol SPEC.md ADM5, KEE7.
 */
export function createFreeingSurplus({
  state,
  keptState,
  guarded,
  evidence,
  policy,
}: {
  readonly state: HolderState
  readonly keptState: Pick<KeptState, 'giveUp'>
  readonly guarded: GuardedGroups
  readonly evidence: (() => Pick<RepairEvidence, 'piecesOf'> | undefined) | undefined
  readonly policy: Policy
}): (isEnough: () => boolean) => Promise<void> {
  const { clock, papers, keptShards, signer } = state
  const { lostAfterMs } = policy.presence
  let restsUntil = clock.ran() + LOOK_AROUND_MS

  async function isSpare({ piecesOf }: Pick<RepairEvidence, 'piecesOf'>, piece: GuardedPiece): Promise<boolean> {
    const { groupId, segmentId, index } = piece
    const code = await guarded.codeOf(piece)
    const toldUntil = Math.min(clock.now(), papers.passed()) - lostAfterMs
    return code !== undefined && isSurplus(signer.peerId, index, { segmentId, n: code.n }, piecesOf(groupId, segmentId), toldUntil)
  }

  return async (isEnough) => {
    const known = evidence?.()
    if (known === undefined || isEnough() || clock.ran() < restsUntil) return
    for (const groupId of guarded.groups()) {
      for (const piece of guarded.piecesOf(groupId)) {
        const row = keptShards.find(piece.segmentId)
        // Bytes that another row needs as well would free nothing.
        if (row === undefined || keptShards.ofShard(row.shardId).length > 1) continue
        if (!(await isSpare(known, piece))) continue
        await keptState.giveUp(row)
        if (isEnough()) return
      }
    }
    restsUntil = clock.ran() + policy.guardian.scanMs
  }
}
