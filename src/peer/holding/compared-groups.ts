import type { GroupId } from '../../core/ids.ts'
import type { GroupHost } from '../../protocol/group.ts'
import type { ComparedGroups } from '../roll/compared-groups.ts'
import type { LogHost } from '../../protocol/log/log-messages.ts'
import type { KeptLogs } from './logs/kept-logs.ts'
import type { HolderState } from './keeping/keep-shards.ts'

/**
 * Returns the groups of a holder as they are compared with what others know, and a function that tells their watchers of a change.
 * @param host keeps the news of a peer, like TELL and LOG-PUT
 */
export function createComparedGroups(
  { groups, claims, keptShards }: Pick<HolderState, 'groups' | 'claims' | 'keptShards'>,
  logs: Pick<KeptLogs, 'find' | 'mark'>,
  host: () => Pick<GroupHost, 'told'> & Pick<LogHost, 'putLog'>,
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
      logMark: logs.mark,
      log: logs.find,
      takeLog: (peer, groupId, entries) => host().putLog(peer, groupId, entries),
      take: (peer, _groupId, news) => host().told(peer, news),
      watch: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    tell: (groupId) => listeners.forEach((listener) => listener(groupId)),
  }
}
