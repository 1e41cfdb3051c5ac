import { isLost, lostAfterMsOf, sighted } from '../../core/healing/presence.ts'
import { unknownConduct } from '../../core/healing/evidence.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import type { PeopleClass, PopulationEvent } from '../population.ts'
import { createDraws } from './draws.ts'
import { unsettleAll } from './pieces.ts'
import type { ModelPerson, Swarm } from './swarm.ts'

/** What happens to people, told after it has happened. */
export interface LifeEvents {
  came(person: ModelPerson): void
  /** It said goodbye, or is dead. */
  went(person: ModelPerson): void
  died(person: ModelPerson): void
  /** The others give it up. */
  lost(person: ModelPerson): void
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Mean days after which those leave who leave early. */
const EARLY_DAYS = 10

/** Begins the lives of everybody in the population of `swarm`: they come, go, leave for good and are replaced, as `events` are told. */
export function createLife(swarm: Swarm, events: LifeEvents) {
  const { timeline, people, setup } = swarm
  const { beaconMs, lostAfterMs } = setup.policy.presence
  let born = 0

  const bear = (kind: PeopleClass): ModelPerson => {
    const number = born++
    const draws = createDraws(setup.seed, number + 1)
    const key = new Uint8Array(32).map(() => Math.floor(256 * draws.next()))
    const person: ModelPerson = {
      number,
      peer: peerIdOf(key),
      kind,
      draws,
      zoneHours: kind.zone * (2 * draws.next() - 1),
      isHere: false,
      isDead: false,
      isLost: false,
      session: 0,
      awayUntil: -Infinity,
      habits: undefined,
      conduct: unknownConduct,
      provenUntil: -Infinity,
      triedAt: undefined,
      hasFailed: false,
      repairs: 0,
      usedBytes: 0,
      surplusAt: -Infinity,
      rowBySegment: new Map(),
      uplinkFreeAt: 0,
      longestQueueMs: 0,
      budgetFreeAt: 0,
      transfers: new Set(),
      scratch: new Map(),
      drafts: new Map(),
    }
    people.add(person)
    const isEarly = draws.next() < kind.leaveEarly
    const lifeMs = draws.exponential((isEarly ? EARLY_DAYS : kind.lifeDays) * DAY)
    const evictMs = kind.evictDays === undefined ? Infinity : draws.exponential(kind.evictDays * DAY)
    timeline.plan(timeline.now() + Math.min(lifeMs, evictMs), () => die(person))
    return person
  }

  /** Plans the end of the next gap, put off to the hour at which such people begin their day. */
  const planReturn = (person: ModelPerson): void => {
    const { session, kind, draws } = person
    let at = timeline.now() + draws.lognormal(kind.gap) * HOUR
    const [from, to] = kind.awake
    const hour = (((at / HOUR + person.zoneHours) % 24) + 24) % 24
    if (hour < from || hour >= to) at += ((from - hour + 24) % 24) * HOUR
    timeline.plan(at, () => person.session === session && comeBack(person))
  }

  const comeBack = (person: ModelPerson): void => {
    if (!person.isHere && !person.isDead && timeline.now() >= person.awayUntil) come(person)
  }

  const come = (person: ModelPerson): void => {
    const now = timeline.now()
    const session = ++person.session
    person.isHere = true
    if (person.isLost) unsettleAll(swarm, person)
    person.isLost = false
    person.habits = sighted(person.habits, now, beaconMs)
    timeline.plan(now + person.draws.lognormal(person.kind.session) * HOUR, () => person.session === session && leave(person))
    events.came(person)
  }

  const go = (person: ModelPerson): void => {
    const now = timeline.now()
    const session = ++person.session
    person.isHere = false
    // It sent beacons all the time, so whatever the gap between the two sightings it was there.
    const habits = (person.habits = sighted(person.habits, now, Infinity))
    events.went(person)
    timeline.plan(now + lostAfterMsOf(habits, lostAfterMs) + 1, () => {
      if (person.session !== session || !isLost(habits, timeline.now(), lostAfterMs)) return
      person.isLost = true
      unsettleAll(swarm, person)
      events.lost(person)
    })
  }

  const leave = (person: ModelPerson): void => {
    go(person)
    planReturn(person)
  }

  /** Silent: its beacons just end. A newcomer of its class takes its place. */
  const die = (person: ModelPerson): ModelPerson | undefined => {
    if (person.isDead) return undefined
    if (person.isHere) go(person)
    person.isDead = true
    people.delete(person)
    events.died(person)
    const newcomer = bear(person.kind)
    planReturn(newcomer)
    return newcomer
  }

  const drawn = ({ share, engine, class: name }: Extract<PopulationEvent, { share: number }>): ModelPerson[] =>
    [...people].filter(({ kind }) => {
      const isMeant = (engine === undefined || engine === kind.engine) && (name === undefined || name === kind.name)
      return isMeant && swarm.draws.next() < share
    })

  const happen = (event: PopulationEvent): void => {
    const now = timeline.now()
    switch (event.is) {
      case 'wipe':
        for (const person of drawn(event)) {
          const wasHere = person.isHere
          const newcomer = die(person)
          // The same human at the same page, which has forgotten everything.
          if (wasHere && newcomer !== undefined) come(newcomer)
        }
        break
      case 'away':
        for (const person of drawn(event)) {
          if (person.isHere) go(person)
          person.awayUntil = now + event.hours * HOUR
          timeline.plan(person.awayUntil, () => comeBack(person))
        }
        break
      case 'join':
        for (const kind of setup.population.classes.filter(({ name }) => name === event.class))
          for (let joined = 0; joined < event.count; joined++) planReturn(bear(kind))
        break
    }
  }

  for (const kind of setup.population.classes) for (let person = 0; person < kind.count; person++) planReturn(bear(kind))
  return { happen }
}
