import { epochAt } from '../core/healing/election.ts'
import { createChanges } from '../flow/changes.ts'
import type { Holder } from './holding/holder.ts'
import type { LoadedGuardian } from './late-parts.ts'
import { openLate } from './open-late.ts'
import { createHeardRepairs, type HeardRepairs } from './repairing/heard-repairs.ts'
import type { Repairs, RepairsAsked } from './repairing/repairs.ts'

/** What the guardian asks of a peer, and what tells whether there is anything to guard. */
export interface GuardianAsked extends Omit<RepairsAsked, 'heard'> {
  readonly holder: RepairsAsked['holder'] & Pick<Holder, 'facts' | 'watch'>
}

const nothing = { placed: 0, fetchedBytes: 0, sentBytes: 0 }

/**
 * Returns the guardian of this device, which `load` loads as soon as it lends room or keeps a piece, and again when that fails: after a while
 * that doubles up to an hour, and when the device wakes or its network comes back. What others say of their repairs is heard from the start.
 */
export function createLateGuardian(asked: GuardianAsked, load: () => Promise<LoadedGuardian>, closing: AbortSignal): Repairs {
  const { parts, holder } = asked
  const { clock, policy } = parts
  const heard = hearRepairs(asked)
  const woken = createChanges()
  let repairs: Repairs | undefined

  const isNeeded = (): boolean => holder.facts().isOn || holder.facts().pieces > 0

  async function untilNeeded(signal: AbortSignal): Promise<void> {
    const changes = createChanges()
    const stop = holder.watch(changes.tell)
    try {
      while (!isNeeded()) await changes.next(signal)
    } finally {
      stop()
    }
  }

  return {
    repairing: heard.repairing,
    facts: () => repairs?.facts() ?? nothing,
    waitingBytes: () => repairs?.waitingBytes() ?? 0,
    wake() {
      repairs?.wake()
      woken.tell()
    },
    async run(signal) {
      if (!policy.guardian.enabled) return
      await untilNeeded(signal)
      const open = (guardian: LoadedGuardian): Promise<Repairs> => guardian.openRepairs({ ...asked, heard }, closing)
      repairs = await openLate(load, open, (ms) => woken.nextWithin(clock, ms, signal))
      await repairs.run(signal)
    },
  }
}

/** Returns what is heard of others' repairs: of people who keep a piece of the segment, and of the owner who placed the one that is kept here. */
function hearRepairs({ parts, people, holder: { guarded } }: GuardianAsked): HeardRepairs {
  const { clock, policy } = parts
  const { claimMs, rankDelayMs, scanMs } = policy.guardian
  const now = (): number => people.papers.now()
  return createHeardRepairs({
    clock,
    now,
    epoch: () => epochAt(now(), scanMs),
    claimMs,
    rankDelayMs,
    isKept: guarded.isKept,
    isOwnerNear: (segmentId, peer) => guarded.find(segmentId)?.owner === peer && people.known(peer)?.isNear === true,
    isHolder(segmentId, peer) {
      const piece = guarded.find(segmentId)
      return piece !== undefined && (piece.owner === peer || guarded.roll(piece.groupId).rowOf(peer, segmentId) !== undefined)
    },
  })
}
