import type { Clock } from '../../ports/clock.ts'
import { equalBytes } from '../../core/bytes.ts'
import { COMPARED_AT_ONCE, COMPARED_PER_SECOND, ROWS_OF_SUMS } from '../../protocol/limits.ts'
import { refused } from '../../protocol/refusal.ts'
import type { Compared, GroupDigests, PlacedSum, SyncHost } from '../../protocol/sync-messages.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { areAlike } from './group-digests.ts'
import { sumsOf } from './group-sums.ts'

/** Peers whose use is remembered; beyond them those are forgotten who asked longest ago. */
const PEERS_AT_MOST = 1_024

/**
 * Returns the answers to COMPARE and SUMS from what this device knows.
 * @param digestsOf resolves with the digests of a group
 * @param speaksFor tells whether this device may answer for a group; that a group has ended it says always
 * @param onAlike `peer`, which asked at `askedAt` on the scale of `ran`, knows the same of the group
 * Source: protocol SPEC.md SYN2, SYN3, SYN6, SYN8.
 */
export function createCompareAnswers(
  groups: ComparedGroups,
  clock: Pick<Clock, 'ran'>,
  digestsOf: (groupId: GroupId) => Promise<GroupDigests>,
  speaksFor: (groupId: GroupId) => boolean,
  onAlike: (peer: PeerId, groupId: GroupId, askedAt: number) => void = () => undefined,
): Pick<SyncHost, 'compare' | 'sums'> {
  const useByPeer = new Map<PeerId, { readonly left: number; readonly at: number }>()

  function spend(peer: PeerId, rows: number): void {
    const now = clock.ran()
    const use = useByPeer.get(peer)
    const gained = use === undefined ? 0 : ((now - use.at) * COMPARED_PER_SECOND) / 1000
    const left = Math.min(COMPARED_AT_ONCE, (use?.left ?? COMPARED_AT_ONCE) + gained) - rows
    if (left < 0) throw refused('RATE')
    useByPeer.delete(peer)
    useByPeer.set(peer, { left, at: now })
    const [oldest] = useByPeer.keys()
    if (useByPeer.size > PEERS_AT_MOST && oldest !== undefined) useByPeer.delete(oldest)
  }

  /** Tells whether this device answers for a group: always, when it has ended. */
  const isAnswered = async (groupId: GroupId): Promise<boolean> =>
    groups.isKnown(groupId) && (speaksFor(groupId) || (await groups.paper(groupId))?.is === 'tombstone')

  return {
    async compare(peer, rows) {
      const known = rows.filter(({ groupId }) => groups.isKnown(groupId)).length
      if (known > 0) spend(peer, known)
      const askedAt = clock.ran()
      const differing: Compared['differing'][number][] = []
      const unknown: number[] = []
      for (const [place, row] of rows.entries()) {
        const { groupId } = row
        if (await isAnswered(groupId)) {
          const mine = await digestsOf(groupId)
          if (areAlike(mine, row)) onAlike(peer, groupId, askedAt)
          else differing.push({ place, ...mine })
        } else unknown.push(place)
      }
      return { differing, unknown }
    },
    async sums(peer, sums) {
      spend(peer, ROWS_OF_SUMS)
      const shared = groups.all().filter((groupId) => groups.roll(groupId).has(peer) && speaksFor(groupId))
      const mine = await sumsOf(shared, sums.length, digestsOf)
      return mine.flatMap((sum, place): readonly PlacedSum[] => (equalBytes(sum, sums[place] ?? new Uint8Array()) ? [] : [{ place, sum }]))
    },
  }
}
