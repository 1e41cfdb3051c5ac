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
  /** By hexadecimal group id. */
  const lastLooks = new Map<string, LastLook>()
  const woken = createChanges()
  let fresh = new Set<GroupId>()
  let budget = { since: clock.now(), left: ANNOUNCEMENTS_A_DAY }
  /** The groups of which a piece is kept outside the trash, by name, and the version of the kept shards of which they are. */
  let live: { readonly version: number; readonly byName: ReadonlyMap<string, GroupId> } = { version: -1, byName: new Map() }
  /** The peers that are connected directly. */
  let near: ReadonlySet<PeerId> = new Set()

  const lookAround = (): void => {
    near = new Set(network.state().connections.flatMap(({ peer, isDirect }) => (isDirect ? [peer] : [])))
  }

  /** Returns as many holders of lower rank that are connected directly as announce a group in place of this device; undefined if there are fewer. */
  const announcersOf = (groupId: GroupId): readonly PeerId[] | undefined => {
    const rankOf = (peer: PeerId): Bytes => labelledHash('announce-rank', groupId, utf8(peer))
    const mine = rankOf(signer.peerId)
    const better: PeerId[] = []
    for (const peer of claims.holders(groupId)) {
      if (peer === signer.peerId || !near.has(peer) || compareBytes(rankOf(peer), mine) >= 0) continue
      better.push(peer)
      if (better.length === ANNOUNCERS) return better
    }
    return undefined
  }

  /** Tells whether nothing can have changed since the last look at the group: so it is with most of them, and none waits for that. */
  const isSettled = (groupId: GroupId): boolean => {
    const last = lastLooks.get(hex(groupId))
    if (last === undefined || clock.ran() < last.restsUntil) return last !== undefined
    // As long as those are there to whom it was left, others who come and go change nothing.
    return last.leftTo?.version === claims.roll(groupId).version() && last.leftTo.announcers.every((peer) => near.has(peer))
  }

  const announce = async (groupId: GroupId): Promise<void> => {
    const name = hex(groupId)
    const now = clock.now()
    const last = lastLooks.get(name)
    const version = claims.roll(groupId).version()
    const paper = await groups.paper(groupId)
    const id = idOf(paper, now, afterMs)
    if (id === undefined) {
      lastLooks.set(name, { restsUntil: clock.ran() + Math.min(DAY_MS, agesIn(paper, now, afterMs)) })
      return
    }
    const isDue = last?.announced?.id !== hex(id) || last.announced.at + everyMs <= now
    const announcers = isDue ? announcersOf(groupId) : undefined
    if (announcers !== undefined) {
      lastLooks.set(name, { ...last, restsUntil: 0, leftTo: { announcers, version } })
      return
    }
    if (budget.since + DAY_MS <= now) budget = { since: now, left: ANNOUNCEMENTS_A_DAY }
    if (!isDue || budget.left === 0) return
    budget.left--
    lastLooks.set(name, { announced: { id: hex(id), at: now }, restsUntil: clock.ran() + everyMs })
    await directory.announce(id)
  }

  const liveGroups = (): readonly GroupId[] => {
    if (live.version !== keptShards.version()) {
      const named = keptShards
        .all()
        .flatMap(({ groupId, trashedAt }) => (trashedAt === undefined ? [[hex(groupId), groupId] as const] : []))
      live = { version: keptShards.version(), byName: new Map(named) }
    }
    for (const name of lastLooks.keys()) if (!live.byName.has(name)) lastLooks.delete(name)
    return [...live.byName.values()]
  }

  return {
    soon(groupId) {
      const announced = lastLooks.get(hex(groupId))?.announced
      if (announced) lastLooks.set(hex(groupId), { announced, restsUntil: 0 })
      else lastLooks.delete(hex(groupId))
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
        lookAround()
        for (const groupId of due) {
          if (isSettled(groupId)) continue
          await announce(groupId)
          signal.throwIfAborted()
        }
        if (fresh.size === 0) await woken.nextWithin(clock, Math.min(LOOK_EVERY_MS, everyMs), signal)
        await clock.wait(SETTLE_MS, { signal })
      }
    },
  }
}

/** What the last look at a group has found. A group is not looked at again while nothing can have changed: most have nothing to announce. */
interface LastLook {
  /** The announced id in hexadecimal, and when it was announced last, Unix milliseconds. */
  readonly announced?: { readonly id: string; readonly at: number }
  /** Until when there is nothing to do unless another paper comes, on the scale of the clock's `ran`. */
  readonly restsUntil: number
  /** The holders to whom the group was left, and the version of the roll then. */
  readonly leftTo?: { readonly announcers: readonly PeerId[]; readonly version: number }
}

/** Returns the id under which to announce a group: the one in its charter, or its own id once nobody has renewed the charter for long. */
function idOf(paper: Paper | undefined, now: number, afterMs: number): Bytes | undefined {
  if (paper?.is !== 'charter' || isOver({ is: 'charter', ...paper.charter }, now)) return undefined
  return paper.charter.announce ?? (now - paper.charter.seq > afterMs ? paper.groupId : undefined)
}

/** Returns the milliseconds after which a charter that names no id is old enough to be announced; Infinity for another paper. */
function agesIn(paper: Paper | undefined, now: number, afterMs: number): number {
  if (paper?.is !== 'charter' || isOver({ is: 'charter', ...paper.charter }, now)) return Infinity
  return paper.charter.seq + afterMs + 1 - now
}
