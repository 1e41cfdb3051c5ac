import { hex } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'

/** Which groups are due to be looked at: each once in a period, and those of which something is heard soon afterwards. */
export interface ScanSchedule {
  /** Returns the groups that are due now, at most `most`, and counts them as looked at. */
  take(most: number): readonly GroupId[]
  /** Returns the milliseconds until the next group is due; 0 while some are. */
  restMs(): number
  /** Has a group looked at after a moment, in which more may be heard of it. */
  soon(groupId: GroupId): void
}

/** Looks at one group for what was heard of it are at least so far apart. */
const QUIET_MS = 2_000

/**
 * Returns the schedule of a period of `scanMs`. The groups are listed once a period, and go on from where the last look ended: nothing is
 * kept about one of them. The period is one of the date, so that time for which the device slept counts.
 * @param groups lists the groups
 */
export function createScanSchedule(clock: Pick<Clock, 'now' | 'ran'>, scanMs: number, groups: () => readonly GroupId[]): ScanSchedule {
  const quietMs = Math.min(QUIET_MS, scanMs / 8)
  let round = groups()
  let done = 0
  let beganAt = clock.now()
  /** Groups of which something was heard, and when they are due, on the scale of `ran`; in the order of these times. */
  const heard = new Map<string, { readonly groupId: GroupId; readonly dueAt: number }>()

  /** Returns when the next group of the round is due, Unix milliseconds. */
  const nextAt = (): number => beganAt + ((done + 1) * scanMs) / Math.max(1, round.length + 1)

  function turn(): void {
    // A clock that was set back would hold up the round.
    if (clock.now() < beganAt - scanMs / 8) beganAt = clock.now()
    if (done < round.length || clock.now() < nextAt()) return
    beganAt = clock.now() - beganAt >= 2 * scanMs ? clock.now() : beganAt + scanMs
    round = groups()
    done = 0
  }

  return {
    take(most) {
      turn()
      const due: GroupId[] = []
      for (const [name, { groupId, dueAt }] of heard) {
        if (due.length >= most || dueAt > clock.ran()) break
        heard.delete(name)
        due.push(groupId)
      }
      for (; due.length < most && done < round.length && nextAt() <= clock.now(); done++) {
        const groupId = round[done]
        if (groupId !== undefined) due.push(groupId)
      }
      return due
    },
    restMs() {
      turn()
      const [first] = heard.values()
      return Math.max(0, Math.min(nextAt() - clock.now(), (first?.dueAt ?? Infinity) - clock.ran()))
    },
    soon(groupId) {
      const name = hex(groupId)
      if (!heard.has(name)) heard.set(name, { groupId, dueAt: clock.ran() + quietMs })
    },
  }
}
