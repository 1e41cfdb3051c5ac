import { compareBytes, type Bytes } from '../../core/bytes.ts'
import { epochAt, heed, heedEnd, isLeftToOthers, isStalled, rankKey, repairDelayMs, type Heeded } from '../../core/healing/election.ts'
import { repairNeed, URGENT_BUDGET, type RepairNeed } from '../../core/healing/repair-need.ts'
import type { Checking } from './checking.ts'
import type { Placing } from './placing.ts'
import { createRepair, type Repair } from './repair.ts'
import type { ModelPerson, ModelSegment, Swarm } from './swarm.ts'

/** Holders that look after the segments of which they keep a piece. */
export interface Guardians {
  /** Looks whether the segment needs a repair, and has one begun. */
  consider(segment: ModelSegment): void
  /** A guardian came back: it goes on with what it had begun. */
  came(person: ModelPerson): void
  /** Nothing that is known about the segment holds any more: it is stored anew. */
  forget(segment: ModelSegment): void
}

/** What is known about the repairs of one segment. */
interface Watch {
  heeded: Heeded | undefined
  shortSince: number | undefined
  readonly repairs: Set<Repair>
  /** Those who gave up, or do not do what they say, in this epoch, and the keys that order the holders in it. */
  epoch: number
  readonly gaveUp: Set<ModelPerson>
  readonly keys: Map<ModelPerson, Bytes>
  nextLookAt: number
}

/** Waits of a rank after which a segment looks again whether one of its holders has finished what it was doing. */
const QUEUE_PERIODS = 3

/** Most segments that a guardian repairs at once: while it waits for one it can send another. */
const AT_ONCE = 2

/** Returns the guardians of `swarm`. */
export function createGuardians(swarm: Swarm, checking: Checking, placing: Placing): Guardians {
  const { timeline, setup, code } = swarm
  const { scanMs, rankDelayMs, claimMs, enabled, bytesPerSecond } = setup.policy.guardian
  const isOn = enabled && !setup.without.has('guardian')
  const keepsScratch = !setup.without.has('scratch')
  const watchBySegment = new Map<number, Watch>()

  const watchOf = (segment: ModelSegment): Watch => {
    const found = watchBySegment.get(segment.number)
    if (found !== undefined) return found
    const watch: Watch = {
      heeded: undefined,
      shortSince: undefined,
      repairs: new Set(),
      epoch: -1,
      gaveUp: new Set(),
      keys: new Map(),
      nextLookAt: Infinity,
    }
    watchBySegment.set(segment.number, watch)
    return watch
  }

  const lookAgain = (segment: ModelSegment, watch: Watch, at: number): void => {
    if (at >= watch.nextLookAt) return
    watch.nextLookAt = at
    timeline.plan(at, () => {
      if (watch.nextLookAt !== at) return
      watch.nextLookAt = Infinity
      consider(segment)
    })
  }

  /** Looks, and when pieces seem to be missing checks first whether they are. */
  const needOf = (segment: ModelSegment): RepairNeed | undefined => {
    if (timeline.now() < segment.settledUntil && segment.known >= code.m) return undefined
    const need = repairNeed(checking.look(segment), code)
    if (need === undefined || !checking.checkSegment(segment)) return need
    return repairNeed(checking.look(segment), code)
  }

  /** The holders that are there, by rank. */
  const ranked = (segment: ModelSegment, { epoch, keys }: Watch): ModelPerson[] => {
    const keyOf = (person: ModelPerson): Bytes => {
      const key = keys.get(person) ?? rankKey(epoch, segment.segmentId, person.peer)
      keys.set(person, key)
      return key
    }
    return segment.rows
      .filter(({ person, standing }) => person.isHere && (standing === 'proven' || standing === 'told'))
      .map(({ person }) => ({ person, key: keyOf(person) }))
      .toSorted((a, b) => compareBytes(a.key, b.key))
      .map(({ person }) => person)
  }

  const consider = (segment: ModelSegment, first?: ModelPerson): void => {
    const need = needOf(segment)
    if (!isOn) return
    const now = timeline.now()
    const watch = watchOf(segment)
    if (need === undefined) {
      if (watch.repairs.size === 0) [watch.heeded, watch.shortSince] = [undefined, undefined]
      return
    }
    watch.shortSince ??= now
    if (isLeftToOthers(watch.heeded, now, need.isUrgent)) return lookAgain(segment, watch, watch.heeded?.until ?? now)
    // People who promised a piece to one guardian refuse the next while the first goes on.
    if (watch.repairs.size > 0) return
    const epoch = epochAt(now, scanMs)
    if (watch.epoch !== epoch) {
      watch.epoch = epoch
      watch.gaveUp.clear()
      watch.keys.clear()
    }
    const order = ranked(segment, watch)
    const isFree = (person: ModelPerson): boolean => !watch.gaveUp.has(person) && person.repairs < AT_ONCE
    const rank = first !== undefined && order.includes(first) && isFree(first) ? order.indexOf(first) : order.findIndex(isFree)
    const guardian = order[rank]
    if (guardian === undefined) return lookAgain(segment, watch, now + QUEUE_PERIODS * rankDelayMs)
    const delay = first === undefined ? repairDelayMs(rank, swarm.draws.next(), rankDelayMs, need.isUrgent) : 0
    if (watch.shortSince + delay > now) return lookAgain(segment, watch, watch.shortSince + delay)
    watch.heeded = heed(watch.heeded, { peer: guardian.peer, until: now + claimMs }, epoch, now, claimMs)
    lookAgain(segment, watch, Math.max(watch.heeded.until, now + rankDelayMs))
    if (guardian.kind.lie === 'idle-guardian') watch.gaveUp.add(guardian)
    else begin(segment, watch, guardian, need)
  }

  const begin = (segment: ModelSegment, watch: Watch, guardian: ModelPerson, need: RepairNeed): void => {
    const repair = createRepair(swarm, checking, placing, {
      segment,
      guardian,
      pieces: need.pieces,
      keepsScratch,
      budgetBytesPerSecond: bytesPerSecond * (need.isUrgent ? URGENT_BUDGET : 1),
      isStalled: (lastPieceAt) => isStalled(lastPieceAt, timeline.now(), claimMs),
      retryMs: rankDelayMs,
      ended: (outcome) => {
        watch.repairs.delete(repair)
        guardian.repairs--
        if (outcome === 'given-up') watch.gaveUp.add(guardian)
        // Somebody who goes says nothing about its repairs: it is heeded as long as it asked for.
        if (outcome !== 'gone' && watch.heeded !== undefined) watch.heeded = heedEnd(watch.heeded, guardian.peer, timeline.now())
        lookAgain(segment, watch, timeline.now() + rankDelayMs)
      },
    })
    watch.repairs.add(repair)
    guardian.repairs++
    repair.go()
  }

  return {
    consider,
    came: (person) => {
      if (!isOn) return
      for (const number of person.scratch.keys()) {
        const segment = swarm.segments[number]
        if (segment !== undefined) consider(segment, person)
      }
    },
    forget: (segment) => {
      for (const repair of watchOf(segment).repairs) repair.stop()
      watchBySegment.delete(segment.number)
    },
  }
}
