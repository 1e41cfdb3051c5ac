import type { Bytes } from '../../core/bytes.ts'
import { readClaim } from '../../core/claim.ts'
import { codeOf } from '../../core/errors.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { tell } from '../../protocol/group.ts'
import { sayRepairing } from '../../protocol/sync.ts'
import type { RepairSaid } from '../../protocol/sync-messages.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import type { ComparedGroups } from './compared-groups.ts'

/** What a device says of its repairs, as a guardian or as the owner. Nothing here throws, and nothing is said once the device closes. */
export interface RepairNews {
  /** Tells near holders of the segment, and its owner if that is near, how this device's repair goes. SPEC SYN5. */
  say(segment: ToldSegment, course: RepairSaid['course']): Promise<void>
  /** Tells near holders of the group and its owner of the claims that a repair brought, and the new ones of all who keep the segment. */
  tellClaims(segment: ToldSegment, claims: readonly Bytes[]): Promise<void>
}

/** A segment that is repaired. */
export interface ToldSegment {
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  /** The device of the owner, where it is known and another one. */
  readonly owner?: PeerId
}

/** Most people who are told, and those who are told side by side. */
const [TOLD_AT_MOST, TOLD_AT_ONCE] = [64, 6]
/** Who does not speak a kind is not asked again for a day. SPEC SYN1. */
const DAY_MS = 86_400_000
const PEERS_AT_MOST = 2_000

/** Returns the news of a device that has said nothing, about `groups`. It says nothing more once `closing` aborts. */
export function createRepairNews(
  { network, clock }: Pick<PeerParts, 'network' | 'clock'>,
  people: Pick<People, 'known'>,
  groups: Pick<ComparedGroups, 'roll' | 'claim'>,
  closing: AbortSignal,
): RepairNews {
  const notSpokenUntil = new Map<PeerId, number>()

  /** Calls `act` for those of `peers` who are near. */
  async function toNear(peers: readonly PeerId[], act: (peer: PeerId, hops: readonly PeerId[]) => Promise<unknown>): Promise<void> {
    const near = [...new Set(peers)].filter((peer) => peer !== network.self && people.known(peer)?.isNear === true).slice(0, TOLD_AT_MOST)
    await mapLimited(near, TOLD_AT_ONCE, async (peer) => {
      try {
        if (!closing.aborted) await act(peer, people.known(peer)?.hops ?? [])
      } catch (error) {
        // Whoever is not told finds out by comparing.
        if (!closing.aborted && codeOf(error) === undefined) throw error
      }
    })
  }

  const ownersOf = ({ owner }: ToldSegment): readonly PeerId[] => (owner === undefined ? [] : [owner])
  const keepersOf = ({ groupId, segmentId }: ToldSegment): readonly PeerId[] =>
    groups
      .roll(groupId)
      .keepersOf(segmentId)
      .map(({ holder }) => holder)

  return {
    async say(segment, course) {
      const { segmentId } = segment
      const speaking = [...ownersOf(segment), ...keepersOf(segment)].filter((peer) => clock.ran() >= (notSpokenUntil.get(peer) ?? 0))
      await toNear(speaking, async (peer, hops) => {
        const outcome = await sayRepairing(network, clock, peer, { segmentId, course }, { signal: closing, hops })
        if (outcome !== 'not spoken') return
        notSpokenUntil.set(peer, clock.ran() + DAY_MS)
        const [oldest] = notSpokenUntil.keys()
        if (notSpokenUntil.size > PEERS_AT_MOST && oldest !== undefined) notSpokenUntil.delete(oldest)
      })
    },
    async tellClaims(segment, claims) {
      if (claims.length === 0) return
      const { groupId } = segment
      const ofKeepers = await Promise.all(keepersOf(segment).map((holder) => groups.claim(groupId, holder)))
      const all = ofKeepers.filter((claim) => claim !== undefined)
      const newcomers = new Set(claims.map((claim) => readClaim(claim).holder))
      await toNear([...newcomers, ...ownersOf(segment), ...groups.roll(groupId).holders()], (peer, hops) =>
        tell(network, clock, peer, { claims: newcomers.has(peer) ? all : claims }, { signal: closing, hops }),
      )
    },
  }
}
