import { HoardError } from '../../core/errors.ts'
import { isStalled } from '../../core/healing/election.ts'
import type { SegmentPlan } from '../../core/segment.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { raceSignal } from '../../flow/deadline.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { Keeper } from '../fetching/evidence.ts'
import type { ReadableSegment } from '../fetching/wanted-stripes.ts'
import { isKept, isProven } from '../groups/enroll.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import { isSealed, type Content } from '../storing/content.ts'
import { plansByGroup } from '../storing/group-plans.ts'
import { digestRecords, spooledSegment } from '../storing/record-digests.ts'
import { openSpool, type Spool } from '../storing/spool.ts'
import type { RecodeTools } from './recode-tools.ts'

/** A group whose segments people keep. */
export type KeptGroup = Pick<OwnGroup, 'segments' | 'roll'>

/** The name of what is fetched for a re-coding begins so; no content has such an id. */
const SPOOLED_FOR = 'recode.'

/**
 * Resolves with the sealed bytes of a part of `content` as a source: those in the outbox, else what people keep, fetched to the disk and
 * taken over from an earlier run where that had begun. Every record is checked against its digest when it is read.
 * @param groups those that have the records
 * @throws HoardError 'too-few-shards' where for claimMs too few people were there; what the outbox and the journal throw; `signal.reason`
 * Source: SPEC.md RCD3, SEA5.
 */
export async function sealedBytes(
  tools: RecodeTools,
  content: Content,
  plan: SegmentPlan,
  k: number,
  signal: AbortSignal,
  groups: readonly KeptGroup[] = content.groups,
): Promise<SegmentSource> {
  const { coder, outbox } = tools.parts
  const { digests } = content
  if (content.note.hasOutbox && isSealed(content)) return spooledSegment(coder, content, plan, k)
  const spool = openSpool(outbox, nameOf(content, plan))
  await fetchRecords(tools, content, plan, { groups, spool }, signal)
  const read: Spool['read'] = (offset, length) => spool.read(offset - plan.sealedOffset, length)
  return spooledSegment(coder, { digests, spool: { ...spool, read } }, plan, k)
}

/** Frees what was fetched of that part. */
export async function freeFetched({ parts }: Pick<RecodeTools, 'parts'>, content: Content, plan: SegmentPlan): Promise<void> {
  await openSpool(parts.outbox, nameOf(content, plan)).remove()
}

/** Frees what was fetched for contents that are not coded anew any more. */
export async function sweepFetched(outbox: Outbox, isUnderWay: (id: string) => boolean): Promise<void> {
  for (const { name } of await outbox.list()) {
    if (!name.startsWith(SPOOLED_FOR)) continue
    const [, id = ''] = name.split('.')
    if (!isUnderWay(id)) await outbox.remove(name)
  }
}

function nameOf({ id }: Content, { sealedOffset }: SegmentPlan): string {
  return `${SPOOLED_FOR}${id}.${sealedOffset}`
}

/** Fetches the records of `plan` that are not spooled yet, or were before a crash that came ahead of their digests. */
async function fetchRecords(
  tools: RecodeTools,
  content: Content,
  plan: SegmentPlan,
  { groups, spool }: { readonly groups: readonly KeptGroup[]; readonly spool: Spool },
  signal: AbortSignal,
): Promise<void> {
  const { parts, stripes, budget, journal } = tools
  const { firstRecord, records, sealedOffset, sealedLength } = plan
  const had = await spool.wholeUntil(0, sealedLength)
  let done = 0
  const isSpooled = (record: number): boolean =>
    Math.min(sealedLength, (record + 1) * RECORD_SEALED_BYTES) <= had && content.digests.ofSealed(firstRecord + record) !== undefined
  while (done < records && isSpooled(done)) done++
  for (const { group, segment, first, last, from } of keptParts(content, groups, firstRecord + done, firstRecord + records)) {
    const { k } = segment.descriptor
    const readable = readableSegment(tools, group, segment)
    for (let at = first; at <= last;) {
      const stripe = Math.floor(at / k)
      const end = Math.min(last, stripe * k + k - 1)
      const wanted = { first: at - stripe * k, last: end - stripe * k }
      await raceSignal(budget.take((end - at + 1) * RECORD_SEALED_BYTES) ?? Promise.resolve(), signal)
      const sealed = await retryWorker(() => stripes.read(readable, stripe, wanted, signal))
      const digested = await digestRecords(parts.coder, sealed)
      const record = from + at
      await spool.write(record * RECORD_SEALED_BYTES - sealedOffset, digested.records)
      await journal.change(content, () => content.digests.change('sealed', record, digested.digests))
      at = end + 1
    }
  }
}

/** A run of records that readers find in one segment now: `first` to `last` of it, which begins with record `from` of the file. */
interface KeptPart {
  readonly group: KeptGroup
  readonly segment: PlacedSegment
  readonly first: number
  readonly last: number
  readonly from: number
}

/** Returns where the records `start` to `end`, end excluded, are kept now. */
function keptParts({ size, note: { cut } }: Content, groups: readonly KeptGroup[], start: number, end: number): readonly KeptPart[] {
  const byGroup = cut === undefined ? [] : plansByGroup(size, cut)
  return groups.flatMap((group, index) =>
    (byGroup[index] ?? []).flatMap(({ firstRecord, records }, at) => {
      const [first, last] = [Math.max(start, firstRecord), Math.min(end, firstRecord + records) - 1]
      if (first > last) return []
      const segment = group.segments.get(at)
      if (segment === undefined) throw new HoardError('storage-damaged', { object: 'journal', segment: at })
      return [{ group, segment, first: first - firstRecord, last: last - firstRecord, from: firstRecord }]
    }),
  )
}

/** Returns an own segment as the reader of stripes sees it. Its wait for people ends when nothing came of it for claimMs. */
function readableSegment({ parts, people }: RecodeTools, { roll }: KeptGroup, segment: PlacedSegment): ReadableSegment {
  const { clock, policy } = parts
  const { segmentId, descriptor } = segment
  let movedAt = clock.ran()
  return {
    segmentId,
    descriptor,
    keepers: () =>
      roll.keepersOf(segmentId).map((row): Keeper => {
        const evidence = isProven(row) ? 'verified' : isKept(row, segment) ? 'said' : 'heard'
        return { peer: row.holder, index: row.index, evidence }
      }),
    onProven(peer, index) {
      movedAt = clock.ran()
      people.conduct.noteProven(peer, { segmentId, index }, roll.rowOf(peer, segmentId)?.toldAt)
    },
    async wait(error, signal) {
      if (isStalled(movedAt, clock.ran(), policy.guardian.claimMs)) throw error
      await clock.wait(policy.guardian.rankDelayMs, { signal })
    },
  }
}
