import { isTrusted } from '../../core/healing/evidence.ts'
import { weightOf } from '../../core/healing/presence.ts'
import { newHolders, indicesToMake, isSurplus, type RepairCandidate } from '../../core/healing/new-pieces.ts'
import { choosePlacement, isNewcomer, type Keeping } from '../../core/placement.ts'
import { countedBytes } from '../../peer/holding/admitting/allowance.ts'
import type { Checking } from './checking.ts'
import type { Pieces } from './pieces.ts'
import type { ModelPerson, ModelSegment, Row, Swarm } from './swarm.ts'

/** Giving pieces to people. */
export interface Placing {
  /** People who would take a piece that a repair makes, in the order in which they are asked. */
  forRepair(segment: ModelSegment): readonly ModelPerson[]
  /** Tells whether `person` takes a repaired piece of the segment now; it gives up surplus for it when its room is short. */
  wants(segment: ModelSegment, person: ModelPerson): boolean
  /** Gives `person` the best index of the segment; false when every one of them counts. */
  give(segment: ModelSegment, person: ModelPerson): boolean
  /** Stores a segment, or goes on: gives out pieces until there are n, as far as there are people. */
  store(segment: ModelSegment): void
}

const DAY = 86_400_000
const HOUR = 3_600_000
/** Share of an offer that is open to new stores; the rest waits for repairs. */
const OPEN_TO_STORES = 0.9
/** Milliseconds for which an owner goes on looking for people, an hour between two looks. */
const STORING_MS = 14 * DAY

/** Returns how pieces are placed in `swarm`. */
export function createPlacing(swarm: Swarm, pieces: Pieces, checking: Checking): Placing {
  const { timeline, people, setup, measures, code } = swarm
  const { caps, presence } = setup.policy

  const { bytesPerSecond } = setup.policy.guardian
  const offerOf = ({ kind }: ModelPerson): number =>
    countedBytes(kind.offerBytes * swarm.offerScale, Math.min(bytesPerSecond, kind.upBytesPerSecond))
  const crowdOf = ({ number, kind, habits, conduct }: ModelPerson): Keeping => ({
    domain: String(number),
    engine: kind.engine,
    isNewcomer: isNewcomer(habits?.firstSeenAt, conduct, timeline.now()),
  })
  const candidate = (segment: ModelSegment, person: ModelPerson): RepairCandidate => ({
    ...crowdOf(person),
    peer: person.peer,
    weight: weightOf(person.habits, timeline.now(), presence.beaconMs) / (1 + person.conduct.errors),
    isInSet: segment.group.some((other) => person.rowBySegment.has(other)),
  })
  const able = (segment: ModelSegment, share: number): ModelPerson[] =>
    [...people].filter((person) => {
      const hasRoom = person.usedBytes + segment.shardBytes <= share * offerOf(person)
      return person.isHere && hasRoom && !person.rowBySegment.has(segment.number) && isTrusted(person.conduct, presence.lostAfterMs)
    })
  const keeping = ({ rows }: ModelSegment): Keeping[] =>
    rows.filter(({ isLost, standing }) => !isLost && (standing === 'proven' || standing === 'told')).map(({ person }) => crowdOf(person))

  /** Drops one piece that others keep, or of a segment of which they keep n. */
  const dropSurplus = (person: ModelPerson): boolean => {
    const now = timeline.now()
    if (now < person.surplusAt) return false
    for (const row of person.rowBySegment.values()) {
      const segment = swarm.segments[row.segment]
      // What was known at the last look says where it is worth looking again.
      if (segment === undefined || (segment.known <= code.n && !hasCopy(segment, row))) continue
      checking.look(segment)
      if (!isSurplus(person.peer, row.index, { segmentId: segment.segmentId, n: code.n }, segment.rows, now - presence.lostAfterMs))
        continue
      pieces.drop(row)
      return true
    }
    person.surplusAt = now + setup.policy.guardian.scanMs
    return false
  }

  const hasCopy = ({ rows }: ModelSegment, { index, person }: Row): boolean =>
    rows.some((other) => other.index === index && other.person !== person)

  const place = (segment: ModelSegment, person: ModelPerson, index: number): void => {
    if (pieces.copies(segment, index) > 0) measures.duplicates++
    if (!pieces.place(segment, person, index).hasPiece) measures.liarsPlaced++
  }

  const byPeer = (found: readonly ModelPerson[], order: readonly string[]): ModelPerson[] => {
    const personByPeer = new Map<string, ModelPerson>(found.map((person) => [person.peer, person]))
    return order.flatMap((peer) => personByPeer.get(peer) ?? [])
  }

  const store = (segment: ModelSegment, until: number): void => {
    checking.look(segment)
    const found = able(segment, OPEN_TO_STORES)
    const candidates = found.map((person) => ({ ...candidate(segment, person), isPartner: false, draw: swarm.draws.next() }))
    const order = byPeer(found, choosePlacement(candidates, code.n, caps, keeping(segment)))
    const used = new Set(segment.rows.map(({ index }) => index))
    for (let index = 0; index < code.n && order.length > 0; index++) {
      if (used.has(index)) continue
      const person = order.shift()
      if (person === undefined) break
      place(segment, person, index)
      used.add(index)
    }
    if (used.size < code.n && timeline.now() < until) timeline.plan(timeline.now() + HOUR, () => store(segment, until))
  }

  return {
    forRepair: (segment) => {
      const found = able(segment, Infinity)
      const candidates = found.map((person) => candidate(segment, person))
      return byPeer(found, newHolders(candidates, segment.groupId, code.n, caps, keeping(segment)))
    },
    wants: (segment, person) => {
      if (!person.isHere || person.rowBySegment.has(segment.number) || segment.shardBytes > offerOf(person)) return false
      while (person.usedBytes + segment.shardBytes > offerOf(person)) if (!dropSurplus(person)) return false
      return true
    },
    give: (segment, person) => {
      checking.look(segment)
      const [index] = indicesToMake(code.t, segment.rows)
      if (index === undefined) return false
      place(segment, person, index)
      return true
    },
    store: (segment) => store(segment, timeline.now() + STORING_MS),
  }
}
