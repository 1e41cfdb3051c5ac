import { HoardError } from '../../core/errors.ts'
import { signPermit } from '../../core/permit.ts'
import type { SegmentPlan } from '../../core/segment.ts'
import { keptIndices } from '../groups/counted-pieces.ts'
import { commitPieces, openNoted, type OwnGroup } from '../groups/own-group.ts'
import { charterForStore } from '../groups/own-papers.ts'
import type { Lines } from '../people/lines.ts'
import { placeSegment, type PlaceJob } from '../placing/place-segment.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { commitContent, idle, type Content } from '../storing/content.ts'
import { countPlans, isToTakeOver, splitPlans, verifiedCount } from '../storing/group-plans.ts'
import { placePieces } from './place-pieces.ts'
import type { RecodeTools } from './recode-tools.ts'
import { freeFetched, sealedBytes, type KeptGroup } from './sealed-bytes.ts'

/** A segment that is taken over, and where it lies in the content. */
interface TakenSegment {
  readonly content: Content
  readonly group: OwnGroup
  readonly at: number
  readonly segment: PlacedSegment
  readonly plan: SegmentPlan
}

/**
 * Has the people who keep a content for another owner keep it for this one too: each is asked for the very piece that it has, of which no byte
 * is sent. A segment of which m pieces do not come so is fetched and placed anew. Then the store goes on; once that is over, the other owner's
 * groups are forgotten here.
 * @throws HoardError 'too-few-shards' where fewer than k pieces are there; those of this device; `signal.reason`
 * Source: core SPEC.md VLT33, protocol SPEC.md KEE2.
 */
export async function takeOver(tools: RecodeTools, content: Content, signal: AbortSignal): Promise<void> {
  const { journal, own, changes } = tools
  const { takenFrom = [], isStored, isPaused } = content.note
  if (isStored) return forgetOthers(tools, content)
  if (isPaused) return
  if (isToTakeOver(content)) {
    const from = takenFrom.map((groupId) => openNoted(journal, groupId))
    content.activity = { ...idle(), kind: 'placing' }
    try {
      for (const { group, plans } of splitPlans(content)) {
        for (const [at, plan] of plans.entries()) {
          const segment = group.segments.get(at)
          if (segment !== undefined) await takeSegment(tools, { content, group, at, segment, plan }, from, signal)
        }
      }
    } finally {
      content.activity = idle()
      changes.tell()
    }
  }
  own.placeAnew(content)
}

async function takeSegment(tools: RecodeTools, taken: TakenSegment, from: readonly KeptGroup[], signal: AbortSignal): Promise<void> {
  const { content, group, at, segment, plan } = taken
  const { k, m } = segment.descriptor
  const isKept = (): boolean => verifiedCount(group, at) >= m
  if (!isKept()) await askKeepers(tools, taken, signal)
  if (isKept()) return
  let source: Promise<SegmentSource> | undefined
  const job = {
    group,
    at,
    segment,
    source: () => (source ??= sealedBytes(tools, content, plan, k, signal, from)),
    isReady: () => !content.note.isPaused,
    onPlaced: () => show(tools, content),
  }
  await placePieces(tools, job, signal)
  if (isKept()) await freeFetched(tools, content, plan)
}

/** Asks everybody who is promised a piece and can be reached for it, as far as no byte has to be sent, and reads back a leaf of each. */
async function askKeepers(tools: RecodeTools, { content, group, at, segment }: TakenSegment, signal: AbortSignal): Promise<void> {
  const { parts, people, journal, lines, patient } = tools
  const nothing = async (): Promise<never> => {
    throw notThere()
  }
  const job: PlaceJob = {
    groupId: group.groupId,
    segment,
    charter: await charterForStore(journal, group, parts.policy, people.papers.now()),
    source: { sealedLength: segment.descriptor.sealedLength, readStripe: nothing },
    permitFor: (holder, index) => signPermit(group.seed, { holder, segmentId: segment.segmentId, index }),
    keep: (next, claim) => commitPieces(journal, group, at, segment, next, claim),
    kept: () => keptIndices(patient, group, segment),
    missing: () =>
      [...segment.pieceByIndex.values()].flatMap(({ index, holder, stage }) =>
        stage === 'assigned' && people.isReachable(holder) ? [index] : [],
      ),
    candidates: () => [],
    onPlaced: () => show(tools, content),
    onRefused: () => undefined,
  }
  await placeSegment({ parts, people, lines: withoutBytes(lines) }, job, signal)
}

/** Returns the lines, over which nobody is sent a piece. */
function withoutBytes(lines: Lines): Lines {
  return {
    ...lines,
    async store(peer, offer, signal) {
      const turn = await lines.store(peer, offer, signal)
      if (turn.is !== 'wanted') return turn
      turn.abort()
      throw notThere()
    },
  }
}

function notThere(): HoardError {
  return new HoardError('not-found', { object: 'shard' })
}

function show({ changes }: RecodeTools, content: Content): void {
  if (content.code !== undefined) countPlans(content, splitPlans(content), content.code)
  changes.tell()
}

/** Forgets here the groups that the content was taken from: people keep them for as long as their owner asked. */
async function forgetOthers({ journal }: RecodeTools, content: Content): Promise<void> {
  for (const groupId of content.note.takenFrom ?? []) await journal.forgetGroup(groupId)
  await commitContent(journal, content, ({ takenFrom: _before, ...note }) => note)
  await journal.dropDigests(content.id)
}
