import { hex } from '../core/bytes.ts'
import type { PeerId } from '../core/ids.ts'
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

/** The people of a group when it was last counted. */
interface Counted {
  /** Of its roll. */
  readonly version: number
  readonly placers: readonly PeerId[]
  readonly people: readonly PeerId[]
}

/** For how long a count holds, and how much longer for each group. */
const [COUNT_EVERY_MS, FOR_EACH_GROUP_MS] = [60_000, 600]

/**
 * Returns the partners of `self`. A count goes through the people of those groups alone that have changed since the one before.
 * @param contents returns this owner's contents; undefined while they are being opened
 */
export function createPartners(
  self: PeerId,
  clock: Pick<Clock, 'ran'>,
  holder: Pick<Holder, 'keptGroups' | 'roll' | 'rollsVersion'>,
  contents: () => readonly Content[] | undefined,
): Partners {
  const countedByGroup = new Map<string, Counted>()
  const groupsByPeer = new Map<PeerId, number>()
  let countedUntil = -Infinity
  /** The kept groups and their rolls as they were last counted, while this owner had no groups; for these nothing tells that they are the same. */
  let last: { readonly kept: ReadonlyMap<string, unknown>; readonly version: number } | undefined

  function add(people: readonly PeerId[], by: 1 | -1): void {
    for (const peer of people) {
      const next = (groupsByPeer.get(peer) ?? 0) + by
      if (next > 0) groupsByPeer.set(peer, next)
      else groupsByPeer.delete(peer)
    }
  }

  function countGroup(name: string, roll: Roll, placers: readonly PeerId[]): void {
    const before = countedByGroup.get(name)
    const version = roll.version()
    if (before?.version === version && isSame(before.placers, placers)) return
    const people = [...new Set([...roll.holders(), ...placers])].filter((peer) => peer !== self)
    if (before !== undefined) add(before.people, -1)
    add(people, 1)
    countedByGroup.set(name, { version, placers, people })
  }

  const count = (): ReadonlyMap<PeerId, number> => {
    if (clock.ran() < countedUntil) return groupsByPeer
    const own = contents()
    const [kept, version] = [holder.keptGroups(), holder.rollsVersion()]
    if (own?.length !== 0 || last?.kept !== kept || last.version !== version) countAll(kept, own ?? [])
    last = own?.length === 0 ? { kept, version } : undefined
    if (own !== undefined) countedUntil = clock.ran() + COUNT_EVERY_MS + FOR_EACH_GROUP_MS * countedByGroup.size
    return groupsByPeer
  }

  function countAll(kept: ReturnType<Holder['keptGroups']>, own: readonly Content[]): void {
    for (const [name, { groupId, placers }] of kept) countGroup(name, holder.roll(groupId), placers)
    const ownNames = new Set<string>()
    for (const { groups } of own) {
      for (const { groupId, roll } of groups) {
        const name = `own ${hex(groupId)}`
        ownNames.add(name)
        countGroup(name, roll, [])
      }
    }
    for (const [name, { people }] of countedByGroup) {
      if (kept.has(name) || ownNames.has(name)) continue
      add(people, -1)
      countedByGroup.delete(name)
    }
  }

  return {
    all: () => [...count()].toSorted(([, a], [, b]) => b - a).map(([peer]) => peer),
    groupsWith: (peer) => count().get(peer) ?? 0,
  }
}

function isSame(a: readonly PeerId[], b: readonly PeerId[]): boolean {
  return a.length === b.length && a.every((peer, at) => peer === b[at])
}
