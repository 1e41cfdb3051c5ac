import { describeSegment } from '../placing/describe-segment.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import { isSealed, isWindow, type Content } from './content.ts'
import { commitSegment, type OwnGroup } from '../groups/own-group.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import { verifiedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import { isLeftToGuardian, placeRound } from '../groups/place-round.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import type { FileCode } from '../../core/policy.ts'

/** One segment of a file: its position in its group, and where its sealed bytes come from. */
export interface SegmentJob {
  readonly file: Content
  readonly code: FileCode
  readonly group: OwnGroup
  readonly at: number
  readonly source: SegmentSource
}

/** Describes the segment when nothing is known of it, and runs one round of placing it. Returns how many pieces were newly claimed. */
export async function storeSegment(tools: StoreTools, job: SegmentJob, signal: AbortSignal): Promise<number> {
  const { file, code, group, at, source } = job
  const segment = group.segments.get(at) ?? (await describe(tools, job, signal))
  if (countedIndices(tools.patient, group, segment).size >= code.n) return 0
  if (file.note.isStored && isLeftToGuardian(tools, group, segment)) return 0
  // Its sealed bytes may be freed.
  if (isWindow(file) && at !== ROOT_PLACE && verifiedPieces(segment).length >= code.m) return 0
  return tools.limiter.run(() => {
    const isUnderWay = (): void => {
      if (isSealed(file)) file.activity = { ...file.activity, kind: 'placing', isLooking: false }
    }
    isUnderWay()
    const onPlaced = (bytes: number): void => {
      file.wire.done += bytes
      isUnderWay()
    }
    return placeRound(tools, group, at, segment, source, onPlaced, signal)
  }, signal)
}

async function describe(
  { parts, journal }: StoreTools,
  { code, group, at, source }: SegmentJob,
  signal: AbortSignal,
): Promise<PlacedSegment> {
  const segment = await describeSegment(parts.coder, code, group.groupKey, source, signal)
  await commitSegment(journal, group, at, segment)
  return segment
}
