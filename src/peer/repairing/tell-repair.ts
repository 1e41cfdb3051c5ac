import type { Bytes } from '../../core/bytes.ts'
import { readClaim } from '../../core/claim.ts'
import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { tell } from '../../protocol/group.ts'
import { sayRepairing } from '../../protocol/sync.ts'
import type { RepairSaid } from '../../protocol/sync-messages.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import type { RepairTools } from './repair-tools.ts'

/** What a guardian says of its repairs. Nothing here throws. */
export interface RepairNews {
  /** Tells near co-holders of the segment, and its owner if that is near, how this device's repair goes. SPEC SYN5. */
  say(piece: GuardedPiece, course: RepairSaid['course'], signal: AbortSignal): Promise<void>
  /** Tells near co-holders of the group and its owner of the claims that a repair brought, and the new ones of all who keep the segment. */
  tellClaims(piece: GuardedPiece, claims: readonly Bytes[], signal: AbortSignal): Promise<void>
}

/** Most people who are told, and those who are told side by side. */
const [TOLD_AT_MOST, TOLD_AT_ONCE] = [64, 6]
/** Who does not speak a kind is not asked again for a day. SPEC SYN1. */
const DAY_MS = 86_400_000
const PEERS_AT_MOST = 2_000

/** Returns the news of a device that has said nothing. */
export function createRepairNews({ parts, people, guarded }: Pick<RepairTools, 'parts' | 'people' | 'guarded'>): RepairNews {
  const { network, clock } = parts
  const notSpokenUntil = new Map<PeerId, number>()

  /** Calls `act` for those of `peers` who are near. */
  async function toNear(
    peers: readonly PeerId[],
    signal: AbortSignal,
    act: (peer: PeerId, hops: readonly PeerId[]) => Promise<unknown>,
  ): Promise<void> {
    const near = [...new Set(peers)].filter((peer) => peer !== network.self && people.known(peer)?.isNear === true).slice(0, TOLD_AT_MOST)
    await mapLimited(near, TOLD_AT_ONCE, async (peer) => {
      try {
        if (!signal.aborted) await act(peer, people.known(peer)?.hops ?? [])
      } catch (error) {
        // Whoever is not told finds out by comparing.
        if (!signal.aborted && codeOf(error) === undefined) throw error
      }
    })
  }

  const ownersOf = ({ owner }: GuardedPiece): readonly PeerId[] => (owner === undefined ? [] : [owner])

  return {
    async say(piece, course, signal) {
      const { segmentId, groupId } = piece
      const holders = guarded
        .roll(groupId)
        .keepersOf(segmentId)
        .map(({ holder }) => holder)
      const speaking = [...ownersOf(piece), ...holders].filter((peer) => clock.ran() >= (notSpokenUntil.get(peer) ?? 0))
      await toNear(speaking, signal, async (peer, hops) => {
        if ((await sayRepairing(network, clock, peer, { segmentId, course }, { signal, hops })) !== 'not spoken') return
        notSpokenUntil.set(peer, clock.ran() + DAY_MS)
        const [oldest] = notSpokenUntil.keys()
        if (notSpokenUntil.size > PEERS_AT_MOST && oldest !== undefined) notSpokenUntil.delete(oldest)
      })
    },
    async tellClaims(piece, claims, signal) {
      if (claims.length === 0) return
      const { groupId, segmentId } = piece
      const roll = guarded.roll(groupId)
      const keepers = roll.keepersOf(segmentId).map(({ holder }) => holder)
      const all = (await Promise.all(keepers.map((holder) => guarded.claim(groupId, holder)))).filter((claim) => claim !== undefined)
      const newcomers = new Set(claims.map((claim) => readClaim(claim).holder))
      await toNear([...newcomers, ...ownersOf(piece), ...roll.holders()], signal, (peer, hops) =>
        tell(network, clock, peer, { claims: newcomers.has(peer) ? all : claims }, { signal, hops }),
      )
    },
  }
}
