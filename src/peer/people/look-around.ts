import { createChanges } from '../../flow/changes.ts'
import type { Clock } from '../../ports/clock.ts'

/** Looks for people, seldom or often. */
export interface LookAround {
  /** Somebody waits for people until the returned function is called. */
  seek(): () => void
  /** Something has happened after which people may be found: looks as soon as it may, and then at growing intervals again. */
  hurry(): void
  /** Looks until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** How far a look goes: to as many people as a store may need, or to as many as stay connected. */
export type Reach = 'wide' | 'near'

const FIRST_REST_MS = 2_000
/** Looks after the start that go far: they take a minute. */
const WIDE_LOOKS = 6
/** Looks in a row by which nobody new was met, after which those of the start are over: each asks others for another sample. */
const BARREN_LOOKS = 2
const LONGEST_REST_MS = 3_600_000
/** Longest rest while somebody waits. Newcomers look for others themselves, so this finds only those who were never told of this one. */
const LONGEST_WAITING_MS = 120_000
/** Somebody who waits again and again, or who comes and goes, does not make looks more frequent than this once the start is over. */
const SEEK_EVERY_MS = 15_000

/**
 * Returns looks at intervals that double from 2 s to an hour, to two minutes while somebody waits.
 * @param isMissing tells whether anybody is missing; else nobody is looked for
 * @param look resolves with how many people it has met
 * Source: protocol SPEC PEE4.
 */
export function createLookAround(clock: Clock, isMissing: () => boolean, look: (reach: Reach) => Promise<number>): LookAround {
  const changes = createChanges()
  let seekers = 0
  /** Looks since the start, and since something happened. */
  let [allLooks, looks] = [0, 0]
  let barren = 0
  let lookedAt = -Infinity
  /** When the last look began that something had called for. */
  let hurriedAt = -Infinity

  const hurry = (): void => {
    looks = 0
    changes.tell()
  }
  const restMs = (): number => Math.min(seekers > 0 ? LONGEST_WAITING_MS : LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.max(0, looks - 1))

  return {
    hurry,
    seek() {
      if (seekers++ === 0 && clock.ran() - lookedAt > SEEK_EVERY_MS) hurry()
      let isOver = false
      return () => {
        if (!isOver) seekers--
        isOver = true
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        const isFirst = allLooks < WIDE_LOOKS && (barren < BARREN_LOOKS || isMissing())
        const isWide = seekers > 0 || isFirst
        lookedAt = clock.ran()
        if (isWide || isMissing()) barren = (await look(isWide ? 'wide' : 'near')) === 0 ? barren + 1 : 0
        allLooks++
        looks++
        if (!(await changes.nextWithin(clock, restMs(), signal))) continue
        const gapMs = (allLooks < WIDE_LOOKS ? FIRST_REST_MS : SEEK_EVERY_MS) - (clock.ran() - hurriedAt)
        if (gapMs > 0) await clock.wait(gapMs, { signal })
        hurriedAt = clock.ran()
      }
    },
  }
}
