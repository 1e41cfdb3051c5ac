import { compareBytes, hex, utf8, type Bytes } from '../../core/bytes.ts'
import type { Paper } from '../../core/charter.ts'
import { labelledHash } from '../../core/labels.ts'
import type { Policy } from '../../core/policy.ts'
import type { Directory } from '../../ports/directory.ts'
import type { Network } from '../../ports/network.ts'
import { isOver, type HolderState } from './keeping/keep-shards.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { createChanges } from '../../flow/changes.ts'

/** Lets readers who know none of its holders find the groups that are kept here. */
export interface Announcing {
  /** Looks at `groupId` soon: a piece or a paper of it was just taken. */
  soon(groupId: GroupId): void
  /** Announces what is due, again and again, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** Holders of a group that announce it, so that two of them may be missing. */
const ANNOUNCERS = 3
/** Announcements of one holder per day: bounds the bytes that the other members of the directory carry for it. */
const ANNOUNCEMENTS_A_DAY = 2_000
const DAY_MS = 86_400_000
/** The shards of a store come in quick succession: one look after them is enough for their group. */
const SETTLE_MS = 1_000
const LOOK_EVERY_MS = 900_000

/**
 * Returns the announcing of a holder, with nothing announced yet. A group is announced every `announce.everyMs` under the id that its
 * charter names, or under its own once the charter is old, by the holders of lowest rank among those connected here.
 * Source: protocol SPEC.md ANN1, ANN2.
 */
export function createAnnouncing(
  { clock, groups, claims, keptShards, signer }: Pick<HolderState, 'clock' | 'groups' | 'claims' | 'keptShards' | 'signer'>,
  { directory, network, policy }: { readonly directory: Directory; readonly network: Network; readonly policy: Policy },
): Announcing {
  const { everyMs, afterMs } = policy.announce
  /** The last announcement of each group, by hexadecimal group id: the announced id in hexadecimal, and Unix milliseconds. */
  const announced = new Map<string, { readonly id: string; readonly at: number }>()
  const woken = createChanges()
  let fresh = new Set<GroupId>()
  let budget = { since: clock.now(), left: ANNOUNCEMENTS_A_DAY }

  /** Tells whether this device is one of the `ANNOUNCERS` of lowest rank among the holders that are connected directly. */
  const isAnnouncer = (groupId: GroupId): boolean => {
    const near = new Set<PeerId>(network.state().connections.flatMap(({ peer, isDirect }) => (isDirect ? [peer] : [])))
    const rankOf = (peer: PeerId): Bytes => labelledHash('announce-rank', groupId, utf8(peer))
    const mine = rankOf(signer.peerId)
    const better = claims
      .holders(groupId)
      .filter((peer) => peer !== signer.peerId && near.has(peer) && compareBytes(rankOf(peer), mine) < 0)
    return better.length < ANNOUNCERS
  }

  const announce = async (groupId: GroupId): Promise<void> => {
    const name = hex(groupId)
    const now = clock.now()
    const id = idOf(await groups.paper(groupId), now, afterMs)
    const last = announced.get(name)
    if (id === undefined || !isAnnouncer(groupId) || (last?.id === hex(id) && last.at + everyMs > now)) return
    if (budget.since + DAY_MS <= now) budget = { since: now, left: ANNOUNCEMENTS_A_DAY }
    if (budget.left === 0) return
    budget.left--
    announced.set(name, { id: hex(id), at: now })
    await directory.announce(id)
  }

  const liveGroups = (): readonly GroupId[] => {
    const byName = new Map(keptShards.all().flatMap(({ groupId, trashedAt }) => (trashedAt === undefined ? [[hex(groupId), groupId]] : [])))
    for (const name of announced.keys()) if (!byName.has(name)) announced.delete(name)
    return [...byName.values()]
  }

  return {
    soon(groupId) {
      fresh.add(groupId)
      woken.tell()
    },
    async run(signal) {
      let lookedAt = -Infinity
      while (!signal.aborted) {
        const isTime = lookedAt + Math.min(LOOK_EVERY_MS, everyMs) <= clock.now()
        if (isTime) lookedAt = clock.now()
        const due = isTime ? liveGroups() : [...fresh]
        fresh = new Set()
        for (const groupId of due) {
          await announce(groupId)
          signal.throwIfAborted()
        }
        if (fresh.size === 0) await woken.nextWithin(clock, Math.min(LOOK_EVERY_MS, everyMs), signal)
        await clock.wait(SETTLE_MS, { signal })
      }
    },
  }
}

/** Returns the id under which to announce a group: the one in its charter, or its own id once nobody has renewed the charter for long. */
function idOf(paper: Paper | undefined, now: number, afterMs: number): Bytes | undefined {
  if (paper?.is !== 'charter' || isOver({ is: 'charter', ...paper.charter }, now)) return undefined
  return paper.charter.announce ?? (now - paper.charter.seq > afterMs ? paper.groupId : undefined)
}
