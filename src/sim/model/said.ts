import { isNew, uptimeOf } from '../../core/healing/presence.ts'
import { isSteady, steadinessOf } from '../../core/healing/steadiness.ts'
import { gradeOf, type Grade } from '../../core/policy.ts'
import type { WordsSaid } from '../result.ts'
import type { Checking } from './checking.ts'
import type { Pieces } from './pieces.ts'
import type { ModelSegment, Row, Swarm } from './swarm.ts'

/** The words that the owners of a swarm are told, and what came of those who were told more than Fragile. */
export interface Said {
  /** A segment was lost just now. */
  lost(segment: ModelSegment): void
  words(): WordsSaid
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Hours between two looks: each comes at another hour of the day. */
const LOOK_MS = 7 * HOUR
/** A promise counts as broken when the segment is lost within that long. */
const PROMISE_MS = 7 * DAY

/** Looks at all segments from `beginAt` on as their owners would, by the functions that a page calls. */
export function createSaid(swarm: Swarm, checking: Checking, pieces: Pick<Pieces, 'isReadable'>, beginAt: number): Said {
  const { timeline, segments, code, setup } = swarm
  const { beaconMs } = setup.policy.presence
  const looks: Record<Grade, number> = { Fragile: 0, Protected: 0, Strong: 0 }
  const promisedAt = new Float64Array(segments.length).fill(-Infinity)
  /** Since when each row has said at every look that its file is Fragile, and why. A file that is stored again has the same row. */
  const warnedSince = new Float64Array(segments.length).fill(Infinity)
  let [readable, broken, noticeMs] = [0, 0, Infinity]

  const keeperOf = ({ person }: Row) => {
    const { isHere, habits, peer } = person
    const now = timeline.now()
    const isLately = isHere || (habits !== undefined && now - habits.lastSeenAt < DAY)
    return { person: peer, uptime: isLately ? uptimeOf(habits, now, beaconMs) : 0, isNew: isNew(habits, now, beaconMs) }
  }
  const wordOf = (segment: ModelSegment): { readonly word: Grade; readonly isWarned: boolean } => {
    const { known } = checking.look(segment)
    if (known < code.m) return { word: 'Fragile', isWarned: true }
    const kept = segment.rows.filter(({ isLost, standing }) => !isLost && (standing === 'proven' || standing === 'told'))
    const steadiness = steadinessOf([kept.map(keeperOf)], code.k)
    return { word: gradeOf(code.k, code.n, steadiness), isWarned: !isSteady(steadiness) }
  }
  const look = (): void => {
    for (const segment of segments) {
      const { word, isWarned } = wordOf(segment)
      looks[word]++
      const since = warnedSince[segment.number] ?? Infinity
      warnedSince[segment.number] = isWarned ? Math.min(since, timeline.now()) : Infinity
      if (word === 'Fragile') continue
      promisedAt[segment.number] = timeline.now()
      if (word === 'Strong' && pieces.isReadable(segment)) readable++
    }
    timeline.plan(timeline.now() + LOOK_MS, look)
  }
  timeline.plan(beginAt, look)

  return {
    lost: ({ number }) => {
      if (timeline.now() - (promisedAt[number] ?? -Infinity) < PROMISE_MS) broken++
      promisedAt[number] = -Infinity
      // What is lost while it is being stored was not looked at.
      if (timeline.now() >= beginAt) noticeMs = Math.min(noticeMs, Math.max(0, timeline.now() - (warnedSince[number] ?? Infinity)))
    },
    words: () => {
      const all = looks.Fragile + looks.Protected + looks.Strong
      return {
        isProtected: looks.Protected / all,
        isStrong: looks.Strong / all,
        readableWhenStrong: readable / looks.Strong,
        broken,
        noticeDays: noticeMs / DAY,
      }
    },
  }
}
