import { raceSignal } from '../../flow/deadline.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'
import { isWorthATry, type Person } from './person.ts'

/** What meeting people needs. */
export interface MeetParts {
  readonly clock: Clock
  readonly all: () => Iterable<Person>
  /** Returns the peers that have room and were here within a day. */
  readonly withRoom: () => readonly Person[]
  /** Asks introducers, and resolves with how many names were new. */
  readonly ask: () => Promise<number>
  /** Dials `peer` and says hello. Never throws. */
  readonly greet: (peer: PeerId) => Promise<void>
  /** Ends a connection that is of no use when there are `most` of them. */
  readonly makeRoom: (most: number) => Promise<void>
  /** Ends all meeting. */
  readonly closing: AbortSignal
}

/** Meets the people that a store needs. */
export interface Meeting {
  /**
   * Greets the people who are named until the last of `steps` people with room are known, or until the next step is out of reach and nobody
   * new is named; for 30 s at most.
   */
  survey(steps: readonly number[], signal: AbortSignal): Promise<void>
  /** Dials people with room until `count` of them are near. Resolves with the number that are. */
  gather(count: number, signal: AbortSignal): Promise<number>
}

/** Most direct connections while people are met; those that are not used end afterwards. */
export const BUDGET = 48
export const GREET_AT_ONCE = 8
/** Each answer is another sample of those who are there: so many rounds of them without a new name show that there is none. */
const BARREN_ROUNDS = 2
const SURVEY_AT_MOST_MS = 30_000
/** The stores of one drop share a survey. */
const SURVEY_EVERY_MS = 60_000

/** Returns the meeting of people, of whom nobody is met yet. */
export function createMeeting({ clock, all, withRoom, ask, greet, makeRoom, closing }: MeetParts): Meeting {
  let surveyedAt = -Infinity
  let survey: Promise<void> | undefined

  /** Greets `peers`, a few at a time, as long as `isEnough` says no. */
  async function greetAll(peers: readonly PeerId[], most: number, isEnough: () => boolean, signal: AbortSignal): Promise<void> {
    await mapLimited(peers, GREET_AT_ONCE, async (peer) => {
      if (signal.aborted || isEnough()) return
      await makeRoom(most)
      await greet(peer)
    })
    signal.throwIfAborted()
  }

  async function meetAll(steps: readonly number[]): Promise<void> {
    const until = clock.ran() + SURVEY_AT_MOST_MS
    const isLate = (): boolean => clock.ran() > until
    /** Who does not answer now would be greeted round after round. */
    const greeted = new Set<PeerId>()
    for (let barren = 0; barren < BARREN_ROUNDS && !isLate() && withRoom().length < (steps.at(-1) ?? 0);) {
      const names = await ask()
      const unmet = [...all()].filter(
        (person) => person.hello === undefined && !greeted.has(person.peer) && isWorthATry(person, clock.now()),
      )
      for (const { peer } of unmet) greeted.add(peer)
      const goal = steps.findLast((step) => step <= withRoom().length + unmet.length) ?? 0
      const isEnough = (): boolean => isLate() || withRoom().length >= goal
      await greetAll(
        unmet.map(({ peer }) => peer),
        BUDGET,
        isEnough,
        closing,
      )
      barren = names === 0 && goal <= withRoom().length ? barren + 1 : 0
    }
    surveyedAt = clock.ran()
  }

  return {
    async survey(steps, signal) {
      if (clock.ran() - surveyedAt < SURVEY_EVERY_MS) return
      // It is everybody's: whoever gives up waiting must not end it for the others.
      survey ??= meetAll(steps).finally(() => (survey = undefined))
      await raceSignal(survey, signal)
    },
    async gather(count, signal) {
      const near = (): number => withRoom().filter(({ isNear }) => isNear).length
      // People who went without a word are looked for all the time: nobody waits for them here.
      const away = withRoom().filter(({ isNear, failures }) => !isNear && failures === 0)
      const order = away.toSorted((a, b) => Number(b.isHere) - Number(a.isHere))
      await greetAll(
        order.map(({ peer }) => peer),
        Math.max(BUDGET, count),
        () => near() >= count,
        signal,
      )
      return near()
    },
  }
}
