import type { Bytes } from '../../core/bytes.ts'
import { skimClaim } from '../../core/claim.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { createTurns } from '../../flow/turns.ts'
import { askWho, type GroupHost } from '../../protocol/group.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { hearHolders, lookAtHolders } from './adopt-holders.ts'
import type { OwnGroup } from './own-group.ts'
import type { StoreTools } from './owner-tools.ts'

/** News about this owner's groups: others may have given pieces of them to new holders. */
export interface OwnNews {
  /** Returns `host` with its TELL answered for own groups too. */
  inFrontOf(host: GroupHost): GroupHost
  /** Asks a holder of the group who keeps it, and adopts the holders that are found to keep something. Never throws but `signal.reason`. */
  ask(group: OwnGroup, peer: PeerId): Promise<void>
}

/**
 * Returns the news of the owner's side, whose work ends when `signal` aborts.
 * @param groupOf returns an own group by its id
 * @param check counts a signature check that `peer` causes. SPEC WRK1
 */
export function createOwnNews(
  tools: StoreTools,
  groupOf: (groupId: GroupId) => OwnGroup | undefined,
  check: <T>(peer: PeerId, verify: () => T) => T,
  signal: AbortSignal,
): OwnNews {
  const { parts, people, journal, changes } = tools
  const turns = createTurns<OwnGroup>()

  /** Takes the claims at once, and looks at the pieces behind the looks that are under way. */
  function hear(group: OwnGroup, teller: PeerId, told: readonly Bytes[]): Promise<void> {
    const news = hearHolders(tools, group, teller, told, (verify) => check(teller, verify))
    if (news.length > 0) changes.tell()
    return turns(group, () => lookAtHolders(tools, group, news, signal))
  }

  /** Returns the claims about own groups, by group, and the others. */
  function sorted(claims: readonly Bytes[]): { readonly ours: ReadonlyMap<OwnGroup, Bytes[]>; readonly others: readonly Bytes[] } {
    const ours = new Map<OwnGroup, Bytes[]>()
    const others: Bytes[] = []
    for (const bytes of claims) {
      const groupId = skimClaim(bytes)?.groupId
      const group = groupId && journal.group(groupId)?.tombstone === null ? groupOf(groupId) : undefined
      if (group === undefined) others.push(bytes)
      else ours.set(group, [...(ours.get(group) ?? []), bytes])
    }
    return { ours, others }
  }

  return {
    inFrontOf: (host) => ({
      ...host,
      told: async (peer, news) => {
        const { ours, others } = sorted(news.claims)
        for (const [group, claims] of ours) hear(group, peer, claims).catch(() => undefined)
        if (ours.size > 0 && others.length === 0 && news.paper === undefined) return
        await host.told(peer, { ...news, claims: others }).catch((error: unknown) => {
          if (ours.size === 0 || refusalOf(error) !== 'UNKNOWN') throw error
        })
      },
    }),
    ask: async (group, peer) => {
      try {
        const answer = await askWho(parts.network, parts.clock, peer, group.groupId, { signal, hops: people.of(peer).hops })
        await hear(group, peer, [...(answer.own ? [answer.own] : []), ...answer.claims])
      } catch {
        signal.throwIfAborted()
      }
    },
  }
}
