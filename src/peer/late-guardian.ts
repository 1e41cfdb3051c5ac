import { ignoreKnownErrors } from '../core/errors.ts'
import { epochAt } from '../core/healing/election.ts'
import { createChanges } from '../flow/changes.ts'
import type { Holder } from './holding/holder.ts'
import { createHeardRepairs, type HeardRepairs } from './repairing/heard-repairs.ts'
import type { openRepairs, Repairs, RepairsAsked } from './repairing/repairs.ts'

/** The module of the guardian. */
export interface LoadedGuardian {
  readonly openRepairs: typeof openRepairs
}

/** What the guardian asks of a peer, and what tells whether there is anything to guard. */
export interface GuardianAsked extends Omit<RepairsAsked, 'heard'> {
  readonly holder: RepairsAsked['holder'] & Pick<Holder, 'facts' | 'watch'>
}

/** Waits before the guardian is loaded again, when that has failed: twice as long each time. */
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [15_000, 3_600_000]
const nothing = { placed: 0, fetchedBytes: 0, sentBytes: 0 }

/** Loads the guardian, a chunk of its own. */
export function loadGuardian(): Promise<LoadedGuardian> {
  return import('./repairing/repairs.ts')
}

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

  async function loaded(signal: AbortSignal): Promise<Repairs> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
      // A script that does not come has no code: the host is away, or has a later version of the app.
      const guardian = await load().catch(() => undefined)
      signal.throwIfAborted()
      const opened = await guardian?.openRepairs({ ...asked, heard }, closing).catch(ignoreKnownErrors)
      if (opened) return opened
      await woken.nextWithin(clock, retryMs, signal)
    }
  }

  return {
    repairing: heard.repairing,
    facts: () => repairs?.facts() ?? nothing,
    wake() {
      repairs?.wake()
      woken.tell()
    },
    async run(signal) {
      if (!policy.guardian.enabled) return
      await untilNeeded(signal)
      repairs = await loaded(signal)
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
