import { allSegments, type OwnGroup } from './own-group.ts'
import { endGroup } from './own-papers.ts'
import { tell } from '../../protocol/group.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { StoreTools } from './owner-tools.ts'
import type { PeerId } from '../../core/ids.ts'

/** Time after which no holder is waited for any more: holders spread tombstones among themselves. */
const TELL_AT_MOST_MS = 470 * 86_400_000
const TELL_AT_ONCE = 6

/** Signs the end of each group and writes it down; `tellEnded` spreads it. A group without possible holders is forgotten at once. */
export async function endGroups({ people, journal }: StoreTools, groups: readonly OwnGroup[]): Promise<void> {
  for (const group of groups) {
    const { groupId } = group
    const claims = journal.claims(groupId)
    const promised = [...promisedTo(group)].filter((holder) => !claims.has(holder))
    if (claims.size === 0 && promised.length === 0) {
      await journal.forgetGroup(groupId)
      continue
    }
    // Their claims may have been on their way when the store stopped: they are told as if these had come.
    await endGroup(journal, group, promised, people.papers.now())
  }
}

/** Returns the peers that may have a piece of the group, whether they claim it or not. */
function promisedTo(group: OwnGroup): ReadonlySet<PeerId> {
  return new Set([...allSegments(group).values()].flatMap(({ pieceByIndex }) => [...pieceByIndex.values()].map(({ holder }) => holder)))
}

/** Tells the holders that are here of the end of their groups. A holder that was told is dropped, a group without holders forgotten. */
export async function tellEnded({ parts, people, journal }: StoreTools, signal: AbortSignal): Promise<void> {
  for (const { groupId, note } of journal.ended()) {
    const { tombstone } = note
    if (tombstone === null) continue
    const holders = [...journal.claims(groupId).keys()]
    await mapLimited(
      holders.filter((peer) => people.isReachable(peer)),
      TELL_AT_ONCE,
      async (peer) => {
        try {
          await tell(parts.network, parts.clock, peer, { tombstone, claims: [] }, { signal, hops: people.of(peer).hops })
          await journal.dropClaim(groupId, peer)
        } catch {
          signal.throwIfAborted()
        }
      },
    )
    const isOver = journal.claims(groupId).size === 0 || note.seq + TELL_AT_MOST_MS < parts.clock.now()
    if (isOver) await journal.forgetGroup(groupId)
  }
}
