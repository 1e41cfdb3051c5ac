import { personToCheck, drawn } from '../../core/healing/checks.ts'
import { isTrusted, noteChecked, noteError, noteLie, noteUnknown, standingOf, type Conduct } from '../../core/healing/evidence.ts'
import { knownOf, type Known } from '../../core/healing/repair-need.ts'
import { unsettleAll } from './pieces.ts'
import type { ModelPerson, ModelSegment, Row, Swarm } from './swarm.ts'

/** What one holder finds out by checks that is always there; the model takes it for what everybody knows. */
export interface Checking {
  /** Returns how many pieces of the segment are known now, and brings its rows up to date. */
  look(segment: ModelSegment): Known
  /** Checks, among the people who are there, what is not proven of the segment. Tells whether there was anything to check. */
  checkSegment(segment: ModelSegment): boolean
  /** Fetches from a row, as a check or for a repair. Tells whether it serves; what it does is remembered. */
  serves(row: Row): boolean
}

const DAY = 86_400_000
/** A check proves for that long. */
const PROOF_MS = 30 * DAY

/** Begins the checks of a swarm: `audit.leavesPerDay`, evenly over the day. */
export function createChecking(swarm: Swarm): Checking {
  const { timeline, people, setup } = swarm
  const { leavesPerDay } = setup.policy.audit
  const { lostAfterMs } = setup.policy.presence

  const standing = (row: Row, now: number): Row['standing'] =>
    row.person.provenUntil >= now ? 'proven' : standingOf(row.person.conduct, row, now, lostAfterMs)

  /** The row may be proven for longer, by three checks or its own; then the next look says so. */
  const provenUntilOf = ({ person, checkedAt }: Row): number =>
    checkedAt === undefined ? Math.max(person.provenUntil, (person.conduct.checks[2]?.at ?? -Infinity) + PROOF_MS) : Infinity

  const learn = (person: ModelPerson, conduct: Conduct): void => {
    if (person.provenUntil < timeline.now() || conduct.errors > 0 || conduct.isLiar) unsettleAll(swarm, person)
    person.conduct = conduct
    // Four different shards within 30 days prove every row: each has three others. It saves most of the counting.
    const fourth = conduct.checks[3]
    person.provenUntil = fourth !== undefined && isTrusted(conduct, lostAfterMs) ? fourth.at + PROOF_MS : -Infinity
  }

  const serves = (row: Row): boolean => {
    const { person } = row
    const now = timeline.now()
    person.triedAt = now
    switch (person.kind.lie) {
      case 'wrong-bytes':
        learn(person, noteLie(person.conduct))
        break
      case 'silent':
        learn(person, noteError(person.conduct, now))
        break
      case 'empty':
        learn(person, noteUnknown(person.conduct, now))
        // It signs at once that it keeps everything all the same.
        for (const each of person.rowBySegment.values()) each.takenAt = now + 1
        break
      case 'idle-guardian':
      case undefined:
        learn(person, noteChecked(person.conduct, row.shard, now, row.toldAt))
        row.checkedAt = now
        person.hasFailed = false
        return true
    }
    person.hasFailed = true
    return false
  }

  const hasUnproven = (person: ModelPerson, now: number): boolean => {
    if (person.provenUntil >= now) return false
    for (const row of person.rowBySegment.values()) if (standing(row, now) !== 'proven') return true
    return false
  }

  const checkSomebody = (): void => {
    const now = timeline.now()
    const personByPeer = new Map<string, ModelPerson>()
    for (const person of people) if (person.isHere && person.rowBySegment.size > 0) personByPeer.set(person.peer, person)
    const checkable = [...personByPeer.values()].map((person) => ({
      peer: person.peer,
      unproven: Number(hasUnproven(person, now)),
      triedAt: person.triedAt,
      hasFailed: person.hasFailed,
    }))
    const person = personByPeer.get(personToCheck(checkable, now, lostAfterMs) ?? '')
    if (person === undefined) return
    const rows = [...person.rowBySegment.values()]
    const row = rows[drawn(rows.length, swarm.draws.next())]
    if (row !== undefined) serves(row)
  }

  const checkOn = (): void => {
    checkSomebody()
    timeline.plan(timeline.now() + DAY / leavesPerDay, checkOn)
  }
  if (leavesPerDay > 0) timeline.plan(timeline.now(), checkOn)

  return {
    serves,
    look: (segment) => {
      const { rows } = segment
      const now = timeline.now()
      let settledUntil = Infinity
      for (const row of rows) {
        const { person } = row
        row.isLost = person.isLost
        row.lastSeenAt = person.isHere ? now : (person.habits?.lastSeenAt ?? row.toldAt)
        row.standing = standing(row, now)
        if (row.standing === 'told') settledUntil = Math.min(settledUntil, row.toldAt + lostAfterMs)
        else if (row.standing === 'proven') settledUntil = Math.min(settledUntil, provenUntilOf(row))
      }
      segment.settledUntil = settledUntil
      const known = knownOf(rows)
      segment.known = known.known
      return known
    },
    checkSegment: ({ rows }) => {
      const unproven = rows.filter(({ person, standing: is }) => person.isHere && is !== 'proven' && is !== 'gone')
      for (const row of unproven) serves(row)
      return unproven.length > 0
    },
  }
}
