import type { StoreTools } from './owner-tools.ts'
import type { OwnGroup } from './own-group.ts'
import { charterForStore } from './own-papers.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { tell } from '../../protocol/group.ts'
import type { PeerId } from '../../core/ids.ts'
const TELL_AT_ONCE = 6

/** Tells every holder of the group its newest charter and all claims, or its tombstone. Resolves with the holders that were not told. */
export async function tellGroup(
  { parts, people, journal }: StoreTools,
  group: OwnGroup,
  signal: AbortSignal,
): Promise<ReadonlySet<PeerId>> {
  const untold = new Set<PeerId>()
  const claimByHolder = journal.claims(group.groupId)
  const claims = [...claimByHolder.values()]
  const { tombstone } = group.note
  const now = people.papers.now()
  const paper = tombstone === null ? { charter: await charterForStore(journal, group, parts.policy, now) } : { tombstone }
  await mapLimited([...claimByHolder.keys()], TELL_AT_ONCE, async (peer) => {
    try {
      const news = { ...paper, claims: tombstone === null ? claims : [] }
      await tell(parts.network, parts.clock, peer, news, { signal, hops: people.of(peer).hops })
    } catch (error) {
      signal.throwIfAborted()
      people.papers.noteRefusal(peer, error)
      untold.add(peer)
    }
  })
  return untold
}
