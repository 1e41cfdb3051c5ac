import type { Conduct, RowEvidence, Standing } from '../../core/healing/evidence.ts'
import type { Habits } from '../../core/healing/presence.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import type { FileCode, Policy } from '../../core/policy.ts'
import type { PeopleClass, Population } from '../population.ts'
import type { Draws } from './draws.ts'
import type { Measures } from './measures.ts'
import type { Timeline } from './timeline.ts'

/** What a run leaves out, to show what it is for. */
export type Without = 'guardian' | 'reintegration' | 'scratch'

/** How a run is set up. */
export interface ModelSetup {
  readonly population: Population
  readonly policy: Policy
  readonly seed: number
  readonly days: number
  readonly without: ReadonlySet<Without>
}

/** Somebody with a browser or a holder. Times are milliseconds of the timeline. */
export interface ModelPerson {
  readonly number: number
  readonly peer: PeerId
  readonly kind: PeopleClass
  readonly draws: Draws
  readonly zoneHours: number
  isHere: boolean
  /** It left for good, or its browser has forgotten everything. */
  isDead: boolean
  /** The others have given it up. */
  isLost: boolean
  /** Changes whenever it comes or goes: what was planned before is void. */
  session: number
  /** Nothing brings it back before. */
  awayUntil: number
  habits: Habits | undefined
  conduct: Conduct
  /** Until when checks prove all its rows. */
  provenUntil: number
  triedAt: number | undefined
  hasFailed: boolean
  /** Segments that it is repairing. */
  repairs: number
  usedBytes: number
  /** Before then it need not look again for pieces that it can give up. */
  surplusAt: number
  readonly rowBySegment: Map<number, Row>
  /** When what it sends now will have left. */
  uplinkFreeAt: number
  /** Longest time for which what it had to send would take. */
  longestQueueMs: number
  /** When its budget for repairs is free again. */
  budgetFreeAt: number
  readonly transfers: Set<Transfer>
  /** Bytes that it fetched for repairs which it did not finish, by segment. */
  readonly scratch: Map<number, Kept>
  /** Bytes of pieces that it was to keep and has not got whole, by segment. */
  readonly drafts: Map<number, Kept>
}

/** Bytes that are kept until they are too old, and when the last of them came. */
export interface Kept {
  readonly bytes: number
  readonly at: number
}

/** A row of somebody's claim, and whether there is a piece behind it. */
export interface Row extends RowEvidence {
  readonly segment: number
  readonly index: number
  readonly person: ModelPerson
  readonly peer: PeerId
  readonly hasPiece: boolean
  takenAt: number
  checkedAt: number | undefined
  standing: Standing
  isLost: boolean
  lastSeenAt: number
}

/** Bytes on their way; an end that comes too early leaves what was sent by then. */
export interface Transfer {
  readonly from: ModelPerson
  readonly to: ModelPerson
  /** Ends it now, with what has arrived. */
  end(): void
}

/** One segment of a file. */
export interface ModelSegment {
  readonly number: number
  readonly segmentId: SegmentId
  readonly groupId: GroupId
  /** The segments of its group. */
  readonly group: readonly number[]
  readonly sealedBytes: number
  readonly shardBytes: number
  rows: Row[]
  /** Pieces known at the last look, and until when they are the same unless something happens. */
  known: number
  settledUntil: number
}

/** Everything that a run knows. */
export interface Swarm {
  readonly setup: ModelSetup
  readonly timeline: Timeline
  readonly draws: Draws
  readonly measures: Measures
  /** Everybody who is not dead. */
  readonly people: Set<ModelPerson>
  code: FileCode & { readonly t: number }
  segments: readonly ModelSegment[]
  /** What offers are multiplied by. */
  offerScale: number
}
