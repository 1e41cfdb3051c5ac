import { drawSome } from '../../core/draw-some.ts'
import { codeOf } from '../../core/errors.ts'
import { isSilenced } from '../../core/healing/evidence.ts'
import { isOwnFault } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { raceSignal, within } from '../../flow/deadline.ts'
import { askWhetherHas } from '../../protocol/fetch-shard.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import { isBelievedThere, rowsOf, type RepairTools } from './repair-tools.ts'

/** Near co-holders with which the group is compared. */
const COMPARED = 3
/** Fewest people who are asked for anything where so many are believed to be there: fewer would say nothing about this device's own line. */
const LEAST_ASKED = 8
const ASKED_AT_ONCE = 4
/** Longest wait for somebody who is only asked whether it is there. */
const KNOCK_MS = 10_000

/**
 * Finds out what is to be known before anything is fetched: compares the group with up to three near co-holders, then checks what is
 * unchecked of the segment with people who are believed to be there. Resolves with 'own fault' when fewer than half of them answered.
 * @throws `signal.reason`; what writing down a check throws
 * Source: core SPEC.md RPR8, RPR12.
 */
export async function prepareRepair(tools: RepairTools, piece: GuardedPiece, signal: AbortSignal): Promise<'ready' | 'own fault'> {
  const { parts, people, sync, guarded, checking, checked } = tools
  const { groupId, segmentId } = piece
  const asked = new Set<PeerId>()
  const answered = new Set<PeerId>()
  const thereRows = () => rowsOf(tools, piece).filter(({ peer }) => peer !== parts.network.self && isBelievedThere(tools, peer))
  const draw = (): number => (parts.random.bytes(1)[0] ?? 0) / 256

  /** Asks some people, and notes who answers. */
  async function ask<T extends { readonly peer: PeerId }>(some: readonly T[], question: (one: T) => Promise<boolean>): Promise<void> {
    await mapLimited(some, ASKED_AT_ONCE, async (one) => {
      asked.add(one.peer)
      if (await question(one)) answered.add(one.peer)
    })
  }

  const near = thereRows().filter(({ peer }) => people.known(peer)?.isNear === true)
  await ask(drawSome(near, COMPARED, draw), ({ peer }) => sync.ask(peer, groupId, signal))

  // What was told so long ago that it counts no more may be there all the same. Somebody who is there and does not serve would only keep silent.
  const isSilent = (peer: PeerId): boolean => isSilenced(people.conduct.of(peer), parts.policy.presence.lostAfterMs)
  const unchecked = thereRows().filter(({ peer, standing }) => standing === 'told' || (standing === 'stale' && !isSilent(peer)))
  await ask(unchecked, async ({ peer, index }) => {
    const found = await checking.check(checked, guarded.roll(groupId), { peer, segmentId, index }, signal)
    return found === 'right' || found === 'wrong' || found === 'unknown' || found === 'unserved'
  })

  const rest = drawSome(
    thereRows().filter(({ peer, standing }) => !asked.has(peer) && standing !== 'gone'),
    LEAST_ASKED - asked.size,
    draw,
  )
  await ask(rest, ({ peer }) => knock(tools, piece, peer, signal))
  return isOwnFault(asked.size, answered.size) ? 'own fault' : 'ready'
}

/** Resolves with whether `peer` answers at all. Throws `signal.reason`. */
async function knock({ parts, people }: RepairTools, { segmentId }: GuardedPiece, peer: PeerId, signal: AbortSignal): Promise<boolean> {
  const { network, clock } = parts
  try {
    await within(clock, KNOCK_MS, signal, (until) =>
      raceSignal(askWhetherHas(network, clock, peer, [segmentId], { signal: until, hops: people.known(peer)?.hops ?? [] }), until),
    )
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (codeOf(error) === undefined) throw error
    return refusalOf(error) !== undefined
  }
}
