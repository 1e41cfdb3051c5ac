import type { GroupId, PeerId } from '../../core/ids.ts'
import type { GroupNews } from '../../protocol/group.ts'
import type { ComparedGroups } from '../roll/compared-groups.ts'
import type { HolderState } from './keeping/keep-shards.ts'

/**
 * Returns the groups of a holder as they are compared with what others know, and a function that tells their watchers of a change.
 * @param take keeps the news of a peer, like TELL
 */
export function createComparedGroups(
  { groups, claims, keptShards }: Pick<HolderState, 'groups' | 'claims' | 'keptShards'>,
  take: (peer: PeerId, news: GroupNews) => Promise<void>,
): { readonly compared: ComparedGroups; readonly tell: (groupId: GroupId) => void } {
  const listeners = new Set<(groupId: GroupId) => void>()
  return {
    compared: {
      all: claims.groups,
      isKnown: (groupId) => groups.facts(groupId) !== undefined || keptShards.ofGroup(groupId).length > 0,
      roll: (groupId) => claims.roll(groupId),
      paperMark: (groupId) => groups.facts(groupId),
      paper: (groupId) => groups.paper(groupId),
      claim: async (groupId, holder) => (await claims.find(groupId, holder))?.bytes,
      take: (peer, _groupId, news) => take(peer, news),
      watch: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    tell: (groupId) => listeners.forEach((listener) => listener(groupId)),
  }
}
