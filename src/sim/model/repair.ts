import type { Checking } from './checking.ts'
import type { Placing } from './placing.ts'
import type { Kept, ModelPerson, ModelSegment, Row, Swarm } from './swarm.ts'
import { send } from './transfers.ts'

/** How a repair ended: n pieces are known, nobody can go on now, nothing came of it for too long, or the guardian went. */
export type Outcome = 'done' | 'given-up' | 'gone'

/** One repair by one guardian. */
export interface Repair {
  readonly guardian: ModelPerson
  /** Begins. */
  go(): void
  /** Ends without any outcome. */
  stop(): void
}

/** What a repair is to do. Times are milliseconds. */
export interface RepairJob {
  readonly segment: ModelSegment
  readonly guardian: ModelPerson
  /** Pieces to be made. */
  readonly pieces: number
  readonly keepsScratch: boolean
  readonly budgetBytesPerSecond: number
  readonly isStalled: (lastPieceAt: number) => boolean
  /** After which it looks again when too few people are there. */
  readonly retryMs: number
  readonly ended: (outcome: Outcome) => void
}

/** Most bytes that a guardian keeps of repairs that it did not finish, and for how many lostAfterMs. */
const SCRATCH_BYTES = 256 * 1024 * 1024
const SCRATCH_LOSTS = 3.5
/** Milliseconds for which somebody keeps the beginning of a piece. Protocol SPEC: a draft. */
const DRAFT_MS = 86_400_000

/**
 * Returns the repair of one segment: k pieces are fetched, the guardian's own being one of them, then new ones go out one after the other.
 * What was fetched by then is kept when it ends before its time.
 */
export function createRepair(swarm: Swarm, checking: Checking, placing: Placing, job: RepairJob): Repair {
  const { timeline, setup, measures, code } = swarm
  const { segment, guardian } = job
  const wantedBytes = code.k * segment.shardBytes
  const { session } = guardian
  const scratchMs = SCRATCH_LOSTS * setup.policy.presence.lostAfterMs
  let fetchedBytes = segment.shardBytes + bytesOf(guardian.scratch, segment, timeline.now() - scratchMs)
  let [placed, inFlight, lastPieceAt, isEnded] = [0, 0, timeline.now(), false]
  let order: ModelPerson[] | undefined

  const end = (outcome: Outcome): void => {
    if (isEnded) return
    isEnded = true
    guardian.scratch.delete(segment.number)
    if (outcome !== 'done' && job.keepsScratch) keepScratch(guardian, segment, fetchedBytes - segment.shardBytes, timeline.now())
    job.ended(outcome)
  }

  const goOn = (): void => {
    if (isEnded) return
    if (guardian.session !== session || guardian.isDead) return end('gone')
    if (inFlight > 0) return
    const { known } = checking.look(segment)
    if (known >= code.n || placed >= job.pieces) return end('done')
    if (fetchedBytes < wantedBytes - 1) fetch()
    else give()
  }

  const waitOrGiveUp = (): void => {
    if (job.isStalled(lastPieceAt)) end('given-up')
    else timeline.plan(timeline.now() + job.retryMs, goOn)
  }

  /** Asks as many people at once as pieces are missing, those whose lines are free first. */
  const fetch = (): void => {
    const indices = new Set<number>()
    const sources = segment.rows
      .filter(({ person, standing }) => person !== guardian && person.isHere && standing !== 'gone')
      .toSorted((a, b) => a.person.uplinkFreeAt - b.person.uplinkFreeAt)
      .filter(({ index }) => !indices.has(index) && indices.add(index))
    let missing = wantedBytes - fetchedBytes
    for (const row of sources) {
      if (missing <= 0) break
      if (!checking.serves(row)) continue
      const bytes = Math.min(missing, segment.shardBytes)
      missing -= bytes
      fetchFrom(row, bytes)
    }
    if (inFlight === 0) waitOrGiveUp()
  }

  const fetchFrom = ({ person }: Row, bytes: number): void => {
    inFlight++
    send(swarm, {
      from: person,
      to: guardian,
      guardian,
      bytes,
      budgetBytesPerSecond: job.budgetBytesPerSecond,
      done: (arrived) => {
        inFlight--
        fetchedBytes += arrived
        if (arrived === bytes) lastPieceAt = timeline.now()
        // After whatever else ends at this moment: one person who goes ends several.
        timeline.plan(timeline.now(), goOn)
      },
    })
  }

  const give = (): void => {
    order ??= [...placing.forRepair(segment)]
    let person = order.shift()
    while (person !== undefined && !placing.wants(segment, person)) person = order.shift()
    if (person === undefined) {
      order = undefined
      return waitOrGiveUp()
    }
    const taker = person
    const drafted = bytesOf(taker.drafts, segment, timeline.now() - DRAFT_MS)
    const bytes = segment.shardBytes - drafted
    inFlight++
    send(swarm, {
      from: guardian,
      to: taker,
      guardian,
      bytes,
      budgetBytesPerSecond: job.budgetBytesPerSecond,
      done: (arrived) => {
        inFlight--
        if (arrived === bytes) taker.drafts.delete(segment.number)
        else taker.drafts.set(segment.number, { bytes: drafted + arrived, at: timeline.now() })
        if (!isEnded && arrived === bytes && placing.wants(segment, taker) && placing.give(segment, taker)) {
          placed++
          measures.repairs++
          lastPieceAt = timeline.now()
        }
        timeline.plan(timeline.now(), goOn)
      },
    })
  }

  return {
    guardian,
    go: () => {
      // Nothing is fetched before somebody wants a piece.
      order = [...placing.forRepair(segment)]
      if (!order.some((person) => placing.wants(segment, person))) return timeline.plan(timeline.now(), () => end('given-up'))
      goOn()
    },
    stop: () => {
      if (isEnded) return
      isEnded = true
      job.ended('gone')
    },
  }
}

/** Returns the bytes that are kept of this segment, if they are not older than `since`. */
function bytesOf(keptBySegment: ReadonlyMap<number, Kept>, { number }: ModelSegment, since: number): number {
  const kept = keptBySegment.get(number)
  return kept === undefined || kept.at < since ? 0 : kept.bytes
}

function keepScratch({ scratch }: ModelPerson, { number }: ModelSegment, bytes: number, at: number): void {
  if (bytes <= 0) return
  scratch.set(number, { bytes, at })
  let total = [...scratch.values()].reduce((sum, each) => sum + each.bytes, 0)
  // In the order in which they were kept, so the oldest goes first.
  for (const [other, kept] of scratch) {
    if (total <= SCRATCH_BYTES) break
    scratch.delete(other)
    total -= kept.bytes
  }
}
