import { fromHex } from '../core/bytes.ts'
import { brandBytes, type GroupId, type PeerId } from '../core/ids.ts'
import type { Holder } from './holding/holder.ts'
import type { Roll } from './roll/roll.ts'
import type { Content } from './storing/content.ts'

/** Returns the people who keep pieces of the same groups as `self` or of its own files, those with whom it shares most groups first. */
export function partnersOf(self: PeerId, holder: Pick<Holder, 'kept' | 'roll'>, contents: readonly Content[]): readonly PeerId[] {
  const names = new Set(holder.kept().map(({ groupId }) => groupId))
  const kept = [...names].map((name): Roll => holder.roll(brandBytes<GroupId>(fromHex(name))))
  const own = contents.flatMap(({ groups }) => groups.map(({ roll }) => roll))
  const groupsByPartner = new Map<PeerId, number>()
  for (const roll of [...kept, ...own]) {
    for (const peer of roll.holders()) if (peer !== self) groupsByPartner.set(peer, (groupsByPartner.get(peer) ?? 0) + 1)
  }
  return [...groupsByPartner].toSorted(([, a], [, b]) => b - a).map(([peer]) => peer)
}
