import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { skimClaim, type CheckedClaim } from '../../core/claim.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { createTurns } from '../../flow/turns.ts'
import { askWho, type GroupHost } from '../../protocol/group.ts'
import { refusalOf, refused } from '../../protocol/refusal.ts'
import type { RepairSaid } from '../../protocol/sync-messages.ts'
import { hearHolders, lookAtHolders } from './adopt-holders.ts'
import { countedIndices, isCounted } from './counted-pieces.ts'
import type { HeardRepairs } from './heard-repairs.ts'
import { allSegments, commitDenied, type OwnGroup } from './own-group.ts'
import type { StoreTools } from './owner-tools.ts'

/** News about this owner's groups: others may have given pieces of them to new holders. */
export interface OwnNews {
  /** Returns `host` with its TELL and REPAIRING answered for own groups too. */
  inFrontOf(host: GroupHost): GroupHost
  /**
   * Resolves once a holder of the group was asked who keeps it. The holders that are found to keep something are adopted afterwards. Never
   * throws but `signal.reason`.
   */
  ask(group: OwnGroup, peer: PeerId): Promise<void>
}

/** Most claims of a group that wait to be looked at. One that has no room is news again when it is told again. */
const MOST_WAITING = 64

/**
 * Returns the news of the owner's side, whose work ends when `signal` aborts.
 * @param find returns a group of this owner that is open now
 * @param check counts a signature check that `peer` causes. SPEC WRK1
 */
export function createOwnNews(
  tools: StoreTools,
  find: (groupId: GroupId) => OwnGroup | undefined,
  repairs: Pick<HeardRepairs, 'note'>,
  check: <T>(peer: PeerId, verify: () => T) => T,
  signal: AbortSignal,
): OwnNews {
  const { parts, people, journal, changes } = tools
  const turns = createTurns<OwnGroup>()
  const waitingByGroup = new Map<OwnGroup, Map<PeerId, CheckedClaim>>()

  /** Takes the claims at once, and lets their pieces be looked at behind the looks that are under way. Throws what `hearHolders` throws. */
  function hear(group: OwnGroup, teller: PeerId, told: readonly Bytes[]): void {
    hearHolders(
      tools,
      group,
      teller,
      told,
      (verify) => check(teller, verify),
      (claim, denied) => {
        lookLater(group, claim)
        const { holder, bytes } = claim
        if (denied.length > 0) commitDenied(journal, group, denied, { holder, claim: bytes }).then(changes.tell, ignoreKnownErrors)
        changes.tell()
      },
    )
  }

  /** Puts the claim in line, where the newest one of a holder takes the place of its others, and a checked holder that of a stranger. */
  function lookLater(group: OwnGroup, claim: CheckedClaim): void {
    const { holder, seq } = claim
    const waiting = waitingByGroup.get(group)
    const claims = waiting ?? new Map<PeerId, CheckedClaim>()
    if ((claims.get(holder)?.seq ?? -1) >= seq) return
    if (!claims.has(holder) && claims.size >= MOST_WAITING) {
      const isChecked = (peer: PeerId): boolean => group.roll.find(peer)?.isChecked === true
      const out = isChecked(holder) ? [...claims.keys()].find((each) => !isChecked(each)) : undefined
      if (out === undefined) return
      claims.delete(out)
    }
    claims.set(holder, claim)
    if (waiting !== undefined) return
    waitingByGroup.set(group, claims)
    turns(group, () => {
      waitingByGroup.delete(group)
      return lookAtHolders(tools, group, [...claims.values()], signal)
    }).catch(ignoreKnownErrors)
  }

  /** Returns the claims about own groups, by group, and the others. */
  function sorted(claims: readonly Bytes[]): { readonly ours: ReadonlyMap<OwnGroup, Bytes[]>; readonly others: readonly Bytes[] } {
    const ours = new Map<OwnGroup, Bytes[]>()
    const others: Bytes[] = []
    for (const bytes of claims) {
      const groupId = skimClaim(bytes)?.groupId
      const group = groupId && journal.group(groupId)?.tombstone === null ? find(groupId) : undefined
      if (group === undefined) others.push(bytes)
      else ours.set(group, [...(ours.get(group) ?? []), bytes])
    }
    return { ours, others }
  }

  /**
   * Takes the word of `peer` about its repair of a segment of an own group, of which a piece of it counts here. Returns whether it does:
   * nobody else learns that the group is this owner's. SPEC GRO8.
   */
  function hearRepair(peer: PeerId, said: RepairSaid): boolean {
    const { known } = tools
    const groupId = journal.groupWith(said.segmentId)
    const group = groupId && find(groupId)
    const segment = group && [...allSegments(group).values()].find(({ segmentId }) => equalBytes(segmentId, said.segmentId))
    if (group === undefined || segment === undefined || group.note.tombstone !== null) return false
    const isKeeper = group.roll.keepersOf(segment.segmentId).some((row) => row.holder === peer && isCounted(known, row, segment))
    if (!isKeeper) return false
    repairs.note(peer, said, countedIndices(known, group, segment).size < segment.descriptor.m ? 'short' : 'whole')
    return true
  }

  return {
    inFrontOf: (host) => ({
      ...host,
      told: async (peer, news) => {
        const { ours, others } = sorted(news.claims)
        for (const [group, claims] of ours) hear(group, peer, claims)
        if (ours.size > 0 && others.length === 0 && news.paper === undefined) return
        await host.told(peer, { ...news, claims: others }).catch((error: unknown) => {
          if (ours.size === 0 || refusalOf(error) !== 'UNKNOWN') throw error
        })
      },
      repairing: async (peer, said) => {
        // The holder's side counts the words of each peer: beyond them nobody has this device look through what it owns.
        const refusal = await (host.repairing?.(peer, said) ?? Promise.reject(refused('UNKNOWN'))).catch((error: unknown) => {
          if (refusalOf(error) !== 'UNKNOWN') throw error
          return error
        })
        if (!hearRepair(peer, said) && refusal !== undefined) throw refusal
      },
    }),
    ask: async (group, peer) => {
      try {
        const answer = await askWho(parts.network, parts.clock, peer, group.groupId, { signal, hops: people.of(peer).hops })
        hear(group, peer, [...(answer.own ? [answer.own] : []), ...answer.claims])
      } catch (error) {
        signal.throwIfAborted()
        ignoreKnownErrors(error)
      }
    },
  }
}
