import { hex } from '../../core/bytes.ts'
import { drawSome } from '../../core/draw-some.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { startDeadline, within } from '../../flow/deadline.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { createTurn, type Turn } from '../../flow/turns.ts'
import type { Network } from '../../ports/network.ts'
import { askWho, type GroupHost } from '../../protocol/group.ts'
import { type HolderState, isOver, type KeptState } from './keeping/keep-shards.ts'
import type { KeptShard } from './keeping/kept-shards.ts'
import { createRecent } from './keeping/recent.ts'
import type { MakingRoom } from './space.ts'
import type { Sweep } from './sweep.ts'

/** A search for room goes through everything kept: after one in vain, offers that do not fit start no other for so long. SPEC ADM5. */
const LOOK_EVERY_MS = 60_000
/** Time for one answer, and for all questions of one search: whoever wants the room waits for an answer for 60 s. SPEC KEE8. */
const [ANSWER_MS, SEARCH_MS] = [10_000, 30_000]
/** Co-holders asked about a group, and groups about which they are asked side by side. SPEC KEE8. */
const [CO_HOLDERS, GROUPS_AT_ONCE] = [2, 8]
/** Time for which nobody is asked about a group again, and most groups for which that is remembered. */
const [ASKED_MS, ASKED_AT_MOST] = [3_600_000, 4_096]

/** A group whose time is over. */
interface Over {
  readonly groupId: GroupId
  /** Unix milliseconds. */
  readonly end: number
}

/**
 * Returns the ways to make room, in this order: half-done shards, orphans, groups that are over, surplus. Nothing else is ever freed for a
 * new shard.
 * @param parts `told`: takes a paper as TELL does; `freeSurplus` runs in turn
 * Source: SPEC.md ADM5, KEE8.
 */
export function createMakingRoom(parts: {
  readonly network: Network
  readonly state: HolderState
  readonly keptState: Pick<KeptState, 'forget'>
  readonly sweeping: Pick<Sweep, 'freeDrafts' | 'freeOrphans'>
  readonly isServable: (groupId: GroupId) => boolean
  readonly told: GroupHost['told']
  readonly freeSurplus: (isEnough: () => boolean) => Promise<void>
  readonly inTurn: Turn
  readonly signal: AbortSignal
}): MakingRoom {
  const { network, state, keptState, sweeping, isServable, told, freeSurplus, inTurn, signal } = parts
  const { clock, papers, random, signer, keptShards, groups, claims } = state
  const searching = createTurn()
  /** When co-holders were asked about groups, on the scale of `ran`. */
  const asked = createRecent<number>(ASKED_AT_MOST)
  let lookedInVainAt = -Infinity

  /** Returns when the group is over; undefined while it is not by every clock, or may have been renewed while this device was away. */
  function endOf(groupId: GroupId): number | undefined {
    const [facts, now] = [groups.facts(groupId), papers.confirmed()]
    if (facts?.is !== 'charter' || now === undefined || !isOver(facts, now) || !isServable(groupId)) return undefined
    return facts.until + facts.grace
  }

  function overGroups(): readonly Over[] {
    const found = [...keptShards.groups()].flatMap(([, [row]]): readonly Over[] => {
      const end = row && endOf(row.groupId)
      return row === undefined || end === undefined ? [] : [{ groupId: row.groupId, end }]
    })
    return found.toSorted((a, b) => a.end - b.end)
  }

  /** Takes the paper that `peer` has of the group; one that is wrong, late or no news changes nothing. */
  async function askFor(groupId: GroupId, peer: PeerId, until: AbortSignal): Promise<void> {
    try {
      const ask = (deadline: AbortSignal) => askWho(network, clock, peer, groupId, { signal: deadline, mostClaims: 1 })
      const { paper } = await within(clock, ANSWER_MS, until, ask)
      if (paper) await told(peer, { paper, claims: [] })
    } catch (error) {
      if (!signal.aborted) ignoreKnownErrors(error)
    }
  }

  /** Asks two co-holders for a newer charter, those near first. */
  async function askAbout(groupId: GroupId, until: AbortSignal): Promise<void> {
    const draw = (): number => (random.bytes(1)[0] ?? 0) / 256
    const others = claims.holders(groupId).filter((peer) => peer !== signer.peerId)
    const lines = new Set(network.state().connections.map(({ peer }) => peer))
    const near = drawSome(
      others.filter((peer) => lines.has(peer)),
      CO_HOLDERS,
      draw,
    )
    const far = drawSome(
      others.filter((peer) => !lines.has(peer)),
      CO_HOLDERS - near.length,
      draw,
    )
    await mapLimited([...near, ...far], CO_HOLDERS, (peer) => askFor(groupId, peer, until))
    if (!until.aborted) asked.put(hex(groupId), clock.ran())
  }

  const isAsked = (groupId: GroupId): boolean => clock.ran() - (asked.get(hex(groupId)) ?? -Infinity) < ASKED_MS

  async function forgetOver(rows: readonly KeptShard[], isEnough: () => boolean): Promise<void> {
    for (const row of rows) {
      // A newer charter may have come while others had their turn.
      if (isEnough() || endOf(row.groupId) === undefined) return
      await keptState.forget([row])
    }
  }

  /** Removes the pieces of groups that are over, the oldest first, each group once its co-holders were asked. */
  async function freeOver(isEnough: () => boolean, until: AbortSignal): Promise<void> {
    const over = [...overGroups()]
    while (over.length > 0 && !isEnough()) {
      const next = over.splice(0, GROUPS_AT_ONCE)
      const unasked = next.filter(({ groupId }) => !isAsked(groupId))
      await mapLimited(unasked, GROUPS_AT_ONCE, ({ groupId }) => askAbout(groupId, until))
      await inTurn(async () => {
        for (const { groupId } of next) if (isAsked(groupId)) await forgetOver(keptShards.ofGroup(groupId), isEnough)
      })
      if (until.aborted) return
    }
  }

  async function search(isEnough: () => boolean, until: AbortSignal): Promise<void> {
    if (isEnough() || lookedInVainAt + LOOK_EVERY_MS > clock.ran()) return
    await inTurn(() => sweeping.freeOrphans(isEnough))
    await freeOver(isEnough, until)
    await inTurn(() => freeSurplus(isEnough))
    if (!isEnough()) lookedInVainAt = clock.ran()
  }

  return {
    freeDrafts: (isEnough) => inTurn(() => sweeping.freeDrafts(isEnough)),
    async makeRoom(isEnough) {
      await inTurn(() => sweeping.freeDrafts(isEnough))
      const deadline = startDeadline(clock, SEARCH_MS, signal)
      try {
        // Of several that want room at once each begins with what those before it have found out.
        await searching(() => search(isEnough, deadline.signal))
      } finally {
        deadline.clear()
      }
    },
  }
}
