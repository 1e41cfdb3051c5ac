/** What this device has seen of one person's comings and goings: a few numbers, whatever the time. SPEC PRS. */
export interface Habits {
  /** Unix milliseconds of the first and the latest sighting. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  /** Milliseconds for which the person was there, and for which it was away, as far as this device could tell. */
  readonly thereMs: number
  readonly awayMs: number
  /** Number of absences that ended. `awayMs / absences` is their mean. */
  readonly absences: number
}

/** Beacon periods of silence after which a person no longer counts as being there: two of its beacons went missing. SPEC PRS1. */
const THERE_PERIODS = 2.5
/** Silence, in multiples of a person's own mean absence, after which it counts as lost. SPEC PRS3. */
const LOST_ABSENCES = 3.5
/** Least and most of `lostAfterMs` that habits make of it. SPEC PRS3. */
const LEAST_LOST = 1 / 4
const MOST_LOST = 3.5
/** Absences from which on a person's habits are known. SPEC PRS3. */
const HABIT = 3
/** Beacon periods for which a person is new, and the uptime that it is taken to have meanwhile. SPEC PRS4. */
const NEW_PERIODS = 24
const NEW_UPTIME = 0.33
/** Uptime from which on a person counts as steady. SPEC PRS7. */
const STEADY_UPTIME = 0.5
const LEAST_UPTIME = 1e-3
/** Age from which on a person counts whole, and what it counts at first. SPEC PRS5. */
const GROWN_MS = 30 * 86_400_000
const NEW_SHARE = 0.25

/**
 * Returns the habits of a person that is seen at `at`, after `habits`, undefined for the first time. A sighting that is not later than the
 * last one changes nothing.
 * @param unwatchedMs milliseconds since the last sighting during which this device itself was away: nothing is said of the person by them,
 *   but an absence that was noticed began before or ended after them, and is counted whole
 * Source: SPEC.md PRS1, PRS2.
 */
export function sighted(habits: Habits | undefined, at: number, beaconMs: number, unwatchedMs = 0): Habits {
  if (habits === undefined) return { firstSeenAt: at, lastSeenAt: at, thereMs: 0, awayMs: 0, absences: 0 }
  const gap = at - habits.lastSeenAt
  if (gap <= 0) return habits
  const watched = Math.max(0, gap - unwatchedMs)
  const seen = { ...habits, lastSeenAt: at }
  if (watched <= THERE_PERIODS * beaconMs) return { ...seen, thereMs: habits.thereMs + watched }
  return { ...seen, awayMs: habits.awayMs + gap, absences: habits.absences + 1 }
}

/** Tells whether a person last seen at `lastSeenAt` counts as being there at `now`, both Unix milliseconds. SPEC PRS1. */
export function isThere(lastSeenAt: number, now: number, beaconMs: number): boolean {
  return now - lastSeenAt <= THERE_PERIODS * beaconMs
}

/**
 * Returns the milliseconds of silence after which a person of these habits counts as lost.
 * @param lostAfterMs the policy's figure, which holds while fewer than three absences are known
 * Source: SPEC.md PRS3; research: 3.5 times the own mean does as well as the best fixed time.
 */
export function lostAfterMsOf({ absences, awayMs }: Pick<Habits, 'absences' | 'awayMs'>, lostAfterMs: number): number {
  if (absences < HABIT) return lostAfterMs
  return Math.min(MOST_LOST * lostAfterMs, Math.max(LEAST_LOST * lostAfterMs, LOST_ABSENCES * (awayMs / absences)))
}

/** Returns the least silence after which anybody counts as lost, milliseconds. SPEC PRS3. */
export function leastLostAfterMs(lostAfterMs: number): number {
  return LEAST_LOST * lostAfterMs
}

/**
 * Tells whether a person of these habits counts as lost at `now`, Unix milliseconds. Absence is not loss before that. Whoever comes back is
 * counted again. SPEC PRS3.
 */
export function isLost(habits: Habits, now: number, lostAfterMs: number): boolean {
  return now - habits.lastSeenAt > lostAfterMsOf(habits, lostAfterMs)
}

/** Returns the share of the time, from 0 to 1, for which the person was there; undefined before there is any time to speak of. SPEC PRS2. */
export function shareThere({ thereMs, awayMs }: Habits): number | undefined {
  return thereMs + awayMs === 0 ? undefined : thereMs / (thereMs + awayMs)
}

/** Returns the mean absence in milliseconds; undefined before the first one has ended. SPEC PRS2. */
export function meanAbsenceMs({ absences, awayMs }: Habits): number | undefined {
  return absences === 0 ? undefined : awayMs / absences
}

/**
 * Returns the uptime of a person, in [0.001, 1]: the share of the time for which this device saw it, and a cautious 0.33 in its first 24 beacon
 * periods. `now` is Unix milliseconds. SPEC PRS4.
 */
export function uptimeOf(habits: Habits | undefined, now: number, beaconMs: number): number {
  if (habits === undefined || isNew(habits, now, beaconMs)) return NEW_UPTIME
  return Math.max(LEAST_UPTIME, shareThere(habits) ?? NEW_UPTIME)
}

/** Tells whether a person's uptime is assumed at `now`, Unix milliseconds, since it was met less than 24 beacon periods before. SPEC PRS4. */
export function isNew(habits: Habits | undefined, now: number, beaconMs: number): boolean {
  return habits === undefined || now - habits.firstSeenAt < NEW_PERIODS * beaconMs || shareThere(habits) === undefined
}

/** Tells whether a person is known, at `now`, Unix milliseconds, to be there half of the time or more. SPEC PRS7. */
export function isOftenThere(habits: Habits | undefined, now: number, beaconMs: number): boolean {
  return !isNew(habits, now, beaconMs) && uptimeOf(habits, now, beaconMs) >= STEADY_UPTIME
}

/**
 * Returns the weight in (0, 1] with which a person is drawn to keep something: the square of its uptime, of which a quarter counts at once and
 * all of it after 30 days. `now` is Unix milliseconds.
 * Source: SPEC.md PRS5; research: 3 to 7 times fewer unreadable moments than with equal weights.
 */
export function weightOf(habits: Habits | undefined, now: number, beaconMs: number): number {
  const ageMs = habits === undefined ? 0 : Math.max(0, now - habits.firstSeenAt)
  return uptimeOf(habits, now, beaconMs) ** 2 * (NEW_SHARE + (1 - NEW_SHARE) * Math.min(1, ageMs / GROWN_MS))
}
