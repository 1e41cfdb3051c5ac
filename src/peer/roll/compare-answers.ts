import type { Clock } from '../../ports/clock.ts'
import { COMPARED_AT_ONCE, COMPARED_PER_SECOND } from '../../protocol/limits.ts'
import { refused } from '../../protocol/refusal.ts'
import type { Compared, SyncHost } from '../../protocol/sync-messages.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { areAlike, digestsOf } from './group-digests.ts'

/** Peers whose use is remembered; beyond them those are forgotten who asked longest ago. */
const PEERS_AT_MOST = 1_024

/**
 * Returns the answers to COMPARE from what this device knows.
 * @param speaksFor tells whether this device may answer for a group; that a group has ended it says always
 * Source: protocol SPEC.md SYN2, SYN3, SYN6.
 */
export function createCompareAnswers(
  groups: ComparedGroups,
  clock: Pick<Clock, 'ran'>,
  speaksFor: (groupId: GroupId) => boolean,
): SyncHost['compare'] {
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

  return async (peer, rows) => {
    const known = rows.filter(({ groupId }) => groups.isKnown(groupId)).length
    if (known > 0) spend(peer, known)
    const differing: Compared['differing'][number][] = []
    const unknown: number[] = []
    for (const [place, row] of rows.entries()) {
      const { groupId } = row
      const paper = groups.isKnown(groupId) ? await groups.paper(groupId) : undefined
      if (!groups.isKnown(groupId) || (!speaksFor(groupId) && paper?.is !== 'tombstone')) unknown.push(place)
      else {
        const mine = digestsOf(paper, groups.roll(groupId))
        if (!areAlike(mine, row)) differing.push({ place, ...mine })
      }
    }
    return { differing, unknown }
  }
}
