import { brandBytes, type GroupId, type SegmentId } from '../../core/ids.ts'
import type { FileCode } from '../../core/policy.ts'
import { planSegments, shardLength } from '../../core/segment.ts'
import type { ClassKept, SimResult } from '../result.ts'
import { createChecking } from './checking.ts'
import { chooseCode } from './choose-code.ts'
import { createDraws, type Draws } from './draws.ts'
import { createGuardians } from './guardians.ts'
import { createLife, type LifeEvents } from './life.ts'
import { createMeasures } from './measures.ts'
import { createPieces } from './pieces.ts'
import { createPlacing } from './placing.ts'
import { createSaid } from './said.ts'
import type { ModelSegment, ModelSetup, Swarm } from './swarm.ts'
import { createTimeline } from './timeline.ts'

const DAY = 86_400_000
/** Milliseconds for which people come and go before the first file: habits are known, and the young and the old are mixed. */
const WARM_UP_MS = 57 * DAY
/** Milliseconds over which the files are stored, so that people of all hours are asked, and after which the count begins. */
const STORING_MS = 2 * DAY
const BEGIN_MS = WARM_UP_MS + 3 * DAY
/** Parts into which the segments are divided, each scanned at another moment of guardian.scanMs. */
const SCANS = 24

/**
 * Runs a swarm over tables of people and pieces, without messages, by the functions of `core/healing`. All of them know what one holder
 * would know that is always there. The same setup gives the same result.
 */
export function runModel(setup: ModelSetup): SimResult {
  const { population, policy, days } = setup
  const timeline = createTimeline()
  const draws = createDraws(setup.seed, 0)
  const measures = createMeasures(BEGIN_MS, days)
  const swarm: Swarm = {
    setup,
    timeline,
    draws,
    measures,
    people: new Set(),
    code: { k: 0, m: 0, n: 0, t: 0 },
    segments: [],
    offerScale: 1,
  }
  const atEvents: LifeEvents = { came: () => undefined, went: () => undefined, died: () => undefined, lost: () => undefined }
  const events: LifeEvents = {
    came: (person) => atEvents.came(person),
    went: (person) => atEvents.went(person),
    died: (person) => atEvents.died(person),
    lost: (person) => atEvents.lost(person),
  }
  const people = population.classes.reduce((sum, { count }) => sum + count, 0)
  const life = createLife(swarm, events)
  timeline.runUntil(WARM_UP_MS)

  swarm.code = chooseCode(swarm)
  swarm.segments = cutSegments(setup, swarm.code, draws)
  swarm.offerScale = scaleOf(swarm)
  const pieces = createPieces(swarm, BEGIN_MS)
  const checking = createChecking(swarm)
  const placing = createPlacing(swarm, pieces, checking)
  const guardians = createGuardians(swarm, checking, placing)
  const said = createSaid(swarm, checking, pieces, BEGIN_MS)
  const reintegrates = !setup.without.has('reintegration')
  atEvents.came = (person) => {
    pieces.moved(person)
    guardians.came(person)
  }
  atEvents.went = (person) => {
    pieces.moved(person)
    for (const transfer of [...person.transfers]) transfer.end()
  }
  atEvents.died = (person) => pieces.died(person)
  atEvents.lost = (person) => {
    const touched = [...person.rowBySegment.values()].flatMap(({ segment }) => swarm.segments[segment] ?? [])
    if (!reintegrates) for (const row of [...person.rowBySegment.values()]) pieces.drop(row)
    for (const segment of touched) guardians.consider(segment)
  }
  pieces.onLost((segment) => {
    measures.lost++
    said.lost(segment)
    guardians.forget(segment)
    pieces.clear(segment)
    // Its owner stores it again: otherwise there would be fewer and fewer to be lost.
    placing.store(segment)
  })

  const scan = (part: number): void => {
    for (let number = part; number < swarm.segments.length; number += SCANS) {
      const segment = swarm.segments[number]
      if (segment === undefined) continue
      guardians.consider(segment)
      // At scans alone: a segment that lacks pieces is considered every few minutes, and would count for more than the others.
      measures.noteKnown(segment.known, timeline.now())
    }
    timeline.plan(timeline.now() + policy.guardian.scanMs / SCANS, () => scan((part + 1) % SCANS))
  }
  for (const [at, segment] of swarm.segments.entries())
    timeline.plan(WARM_UP_MS + (at * STORING_MS) / swarm.segments.length, () => placing.store(segment))
  for (const event of population.events) timeline.plan(BEGIN_MS + event.day * DAY, () => life.happen(event))
  timeline.plan(WARM_UP_MS + STORING_MS, () => scan(0))
  // What was repaired before the count begins does not count.
  timeline.plan(BEGIN_MS - 1, () => (measures.repairs = 0))
  timeline.runUntil(BEGIN_MS + days * DAY)

  const { k, m, n } = swarm.code
  return {
    seed: setup.seed,
    days,
    people,
    segments: swarm.segments.length,
    lost: measures.lost,
    wrongBytes: 0,
    repairBytes: Math.round(measures.repairBytes()),
    storedBytes: swarm.segments.reduce((sum, { sealedBytes }) => sum + sealedBytes, 0),
    unavailable: pieces.unavailable(),
    meanKnown: measures.meanKnown(),
    leastKnown: measures.leastKnown(),
    repairs: measures.repairs,
    duplicates: measures.duplicates,
    peakHourBytes: Math.round(measures.peakHourBytes()),
    liarsPlaced: measures.liarsPlaced,
    code: { k, m, n },
    knownByDay: measures.days,
    kept: keptByClass(swarm),
    said: said.words(),
  }
}

/** Cuts the files; each is a group of its own. */
function cutSegments({ population, policy }: ModelSetup, { k }: FileCode, draws: Draws): readonly ModelSegment[] {
  const { count, bytes } = population.files
  const plans = planSegments(bytes, k, policy.segment.bytes)
  const id = (): Uint8Array<ArrayBuffer> => new Uint8Array(32).map(() => Math.floor(256 * draws.next()))
  return Array.from({ length: count }, (_, file) => {
    const groupId = brandBytes<GroupId>(id())
    const group = plans.map(({ index }) => file * plans.length + index)
    return plans.map(({ index, sealedLength }) => ({
      number: file * plans.length + index,
      segmentId: brandBytes<SegmentId>(id()),
      groupId,
      group,
      sealedBytes: sealedLength,
      shardBytes: shardLength(sealedLength, k),
      rows: [],
      known: 0,
      settledUntil: -Infinity,
    }))
  }).flat()
}

/** Returns by how much offers are scaled so that the files fill as much of them as the population says. */
function scaleOf({ setup, people, segments, code }: Swarm): number {
  const { fill } = setup.population.files
  const offered = [...people].reduce((sum, { kind }) => sum + kind.offerBytes, 0)
  const needed = segments.reduce((sum, { shardBytes }) => sum + code.n * shardBytes, 0)
  return fill === undefined || offered === 0 ? 1 : needed / fill / offered
}

function keptByClass({ setup, people, offerScale }: Swarm): readonly ClassKept[] {
  return setup.population.classes.map((kind) => {
    const those = [...people].filter((person) => person.kind === kind)
    const used = those.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
    return {
      name: kind.name,
      people: those.length,
      meanBytes: those.length === 0 ? 0 : Math.round(used / those.length),
      meanOfferBytes: Math.round(kind.offerBytes * offerScale),
      longestQueueHours: those.reduce((most, { longestQueueMs }) => Math.max(most, longestQueueMs), 0) / 3_600_000,
    }
  })
}
