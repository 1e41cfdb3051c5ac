import type { BeaconFields } from '../../../core/beacon.ts'
import { leastLostAfterMs, lostAfterMsOf } from '../../../core/healing/presence.ts'
import type { PeerId } from '../../../core/ids.ts'
import type { Policy } from '../../../core/policy.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { ConductBook } from '../evidence/conduct-book.ts'
import type { PaperTime } from '../paper-clock.ts'
import type { Person } from '../person.ts'
import type { PersonBook, Sighting } from './person-book.ts'

/** What presence needs to know of people. */
export interface PresenceParts {
  readonly clock: Clock
  readonly policy: Policy
  readonly book: PersonBook
  readonly conduct: Pick<ConductBook, 'noteStoreEpoch'>
  /** The clock by which people are seen and missed. */
  readonly papers: PaperTime
  /** Returns the people at the other end of a direct connection who answered hello over it. */
  readonly near: () => readonly Person[]
  readonly known: (peer: PeerId) => Person | undefined
  /** Tells whether `peer` may still be on its way, because this device has just started. */
  readonly isAwaited: (peer: PeerId) => boolean
}

/** When people were there, and since when they are lost. Core SPEC PRS. */
export interface Presence {
  /** Notes that `person` is there now, or was at the time of `sighting`. */
  noteSeen(person: Person, sighting?: Partial<Sighting>): void
  /** Notes what a beacon of `person` says, by which it counts as seen at `at`. Core SPEC BCN4. */
  noteBeacon(person: Person, beacon: BeaconFields, at: number): void
  /** Tells whether the person is here, or was so lately that a store may ask it. */
  isLately(person: Person): boolean
  /** See `People`. */
  isReachable(peer: PeerId): boolean
  /** See `People`. */
  lostSince(peer: PeerId, spokenOfAt: number): number | undefined
  /** See `People`. */
  notLostUntil(peer: PeerId, isLost: boolean): number
  /** Notes that everybody near is there, again and again until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** Longest time for which a person near goes unnoted: what is written down of it is that exact. */
const LOOK_EVERY_MS = 1_800_000
/** Beacon periods for which a person without a connection counts as here after each sign of it. */
export const HERE_PERIODS = 2.5
/** Beacon periods that lie at most between the last sighting of somebody who is here, or of whom a beacon comes, and now. */
const UNNOTED_PERIODS = HERE_PERIODS + 1
/** Beacon periods for which a person without a connection counts as one whom a store may ask. */
const LATELY_PERIODS = 24

/** Returns the presence of people, noted in their records and in the book. */
export function createPresence({ clock, policy, book, conduct, papers, near, known, isAwaited }: PresenceParts): Presence {
  const { beaconMs, lostAfterMs } = policy.presence
  const startedRan = clock.ran()
  const notLostMs = leastLostAfterMs(lostAfterMs) - UNNOTED_PERIODS * beaconMs

  /**
   * Returns a time noted by this device's own clock as the earlier of both clocks, now at `passed`, has it. One that lies ahead of both was noted before the
   * clock was set back: nobody can tell when, so silence counts from this start on.
   */
  const dated = (at: number, passed: number): number => {
    if (at <= passed) return at
    const corrected = at - (clock.now() - passed)
    return corrected <= passed ? corrected : passed - (clock.ran() - startedRan)
  }

  const noteSeen: Presence['noteSeen'] = (person, { at = papers.passed(), storeEpoch } = {}) => {
    // A beacon from before the last sighting may tell of a store that has gone since.
    const isNewest = at >= Math.min(person.habits?.lastSeenAt ?? 0, papers.passed())
    if (storeEpoch !== undefined && isNewest) conduct.noteStoreEpoch(person.peer, storeEpoch)
    const note = book.seen(person.peer, { at, storeEpoch })
    person.habits = note.habits
    person.storeEpoch = note.storeEpoch
    person.metAt ??= note.metAt
    person.seenAt = Math.max(person.seenAt, clock.now() - (papers.passed() - at))
  }

  const isLately: Presence['isLately'] = ({ isHere, seenAt, seenBefore }) =>
    isHere || clock.now() - Math.max(seenAt, seenBefore) < LATELY_PERIODS * beaconMs

  return {
    noteSeen,
    isLately,
    isReachable(peer) {
      const person = known(peer)
      return person !== undefined && person.lies === 0 && (person.isHere || (person.failures === 0 && isLately(person)))
    },
    noteBeacon(person, { storeEpoch, hops }, at) {
      noteSeen(person, { at, storeEpoch })
      if (hops.length > 0) person.hops = hops
      // Who went half a period before this and is there again can be dialled again.
      if (!person.isNear && person.seenAt > person.failedAt + beaconMs / 2) person.failures = 0
      if (person.failures === 0 && person.restsUntil > 0)
        person.restsUntil = Math.max(person.restsUntil, person.seenAt + HERE_PERIODS * beaconMs)
    },
    lostSince(peer, spokenOfAt) {
      const person = known(peer)
      if (person?.isHere === true) return undefined
      const passed = papers.passed()
      if (person !== undefined && passed >= person.notLost.from && passed < person.notLost.until) return undefined
      const habits = person?.habits ?? book.of(peer)?.habits
      const silenceMs = habits === undefined ? lostAfterMs : lostAfterMsOf(habits, lostAfterMs)
      const unseenAt = dated(habits?.lastSeenAt ?? 0, passed) + silenceMs
      const lostAt = Math.max(dated(spokenOfAt, passed) + silenceMs, unseenAt)
      // Habits change only when somebody is seen, by a beacon that is not old: from then on it takes the least silence at least.
      if (person !== undefined && unseenAt > passed) person.notLost = { from: passed, until: Math.min(unseenAt, passed + notLostMs) }
      // Both clocks must have passed it: a wrong one takes nobody for lost.
      return lostAt < passed && !isAwaited(peer) ? lostAt : undefined
    },
    notLostUntil(peer, isLost) {
      const person = known(peer)
      return isLost || person?.isHere === true ? papers.passed() + notLostMs : (person?.notLost.until ?? 0)
    },
    async run(signal) {
      while (!signal.aborted) {
        await clock.wait(Math.min(beaconMs, LOOK_EVERY_MS), { signal })
        for (const person of near()) noteSeen(person)
      }
    },
  }
}
