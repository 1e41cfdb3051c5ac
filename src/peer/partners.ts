import { fromHex } from '../core/bytes.ts'
import { brandBytes, type GroupId, type PeerId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Holder } from './holding/holder.ts'
import type { Roll } from './roll/roll.ts'
import type { Content } from './storing/content.ts'

/** The people with whom this device shares groups: both keep pieces of one, or one keeps what the other stored. */
export interface Partners {
  /** Returns them, those with whom it shares most groups first. */
  all(): readonly PeerId[]
  /** Returns how many groups `peer` and this device share; nearly the same number at either end. */
  groupsWith(peer: PeerId): number
}

/** For how long a count holds, and how much longer for each group: with 1,000 groups it takes some 50 ms. */
const [COUNT_EVERY_MS, FOR_EACH_GROUP_MS] = [60_000, 600]

/**
 * Returns the partners of `self`.
 * @param contents returns this owner's contents; undefined while they are being opened
 */
export function createPartners(
  self: PeerId,
  clock: Pick<Clock, 'ran'>,
  holder: Pick<Holder, 'kept' | 'roll' | 'placers'>,
  contents: () => readonly Content[] | undefined,
): Partners {
  let counted: { readonly groupsByPeer: ReadonlyMap<PeerId, number>; readonly until: number } | undefined

  const count = (): ReadonlyMap<PeerId, number> => {
    if (counted !== undefined && clock.ran() < counted.until) return counted.groupsByPeer
    const own = contents()
    const names = new Set(holder.kept().map(({ groupId }) => groupId))
    const kept = Array.from(names, (name) => brandBytes<GroupId>(fromHex(name)))
    const groups: readonly (readonly PeerId[])[] = [
      ...kept.map((groupId) => [...holder.roll(groupId).holders(), ...holder.placers(groupId)]),
      ...(own ?? []).flatMap(({ groups: opened }) => opened.map(({ roll }: { readonly roll: Roll }) => roll.holders())),
    ]
    const groupsByPeer = new Map<PeerId, number>()
    for (const people of groups) {
      for (const peer of new Set(people)) if (peer !== self) groupsByPeer.set(peer, (groupsByPeer.get(peer) ?? 0) + 1)
    }
    if (own !== undefined) counted = { groupsByPeer, until: clock.ran() + COUNT_EVERY_MS + FOR_EACH_GROUP_MS * groups.length }
    return groupsByPeer
  }

  return {
    all: () => [...count()].toSorted(([, a], [, b]) => b - a).map(([peer]) => peer),
    groupsWith: (peer) => count().get(peer) ?? 0,
  }
}
