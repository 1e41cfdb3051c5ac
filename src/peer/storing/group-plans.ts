import type { Descriptor } from '../../core/descriptor.ts'
import { HoardError } from '../../core/errors.ts'
import type { Policy, FileCode } from '../../core/policy.ts'
import { recordCount } from '../../core/records.ts'
import { groupSplit, planPart, planSegments, shardLength, stripeCount, type SegmentPlan } from '../../core/segment.ts'
import { SLICE_BYTES } from '../../core/sizes.ts'
import { idFromHex } from '../../core/vault/entry-id.ts'
import { groupSaltsOf } from '../../core/vault/fields.ts'
import { commitContent, isWindow, type Content } from './content.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import { openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import { verifiedPieces, claimedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Cut } from '../groups/journal-notes.ts'

/** A group of a file under way with the segments that are to lie in it. */
export interface GroupPlans {
  readonly group: OwnGroup
  readonly plans: readonly SegmentPlan[]
}

/** Tools for opening the groups of a file. */
export type GroupTools = Pick<StoreTools, 'vault' | 'keyring' | 'journal'> & { readonly parts: Pick<PeerParts, 'policy' | 'random'> }

/**
 * Returns the groups of a file with their segments, which are cut once and for all. Before the first byte leaves, the journal knows the cut and
 * the vault the layout, from which the salt of every group follows.
 * @throws HoardError 'storage-damaged' when the vault knows another number of groups
 * Source: SPEC.md SEG8.
 */
export async function planGroups({ parts, vault, keyring, journal }: GroupTools, file: Content, code: FileCode): Promise<GroupPlans[]> {
  const cut = file.note.cut ?? firstCut(file, code, parts.policy)
  if (file.note.cut === undefined) await commitContent(journal, file, (note) => ({ ...note, cut: note.cut ?? cut }))
  const byGroup = plansByGroup(file.size, cut)
  const { keys } = await keyring.ensure()
  if (file.open().length === 0) {
    const { k, m, n } = cut
    const records = byGroup.map((plans) => plans.reduce((sum, plan) => sum + plan.records, 0))
    const layout = { k, m, n, salt: parts.random.bytes(16), records }
    await vault.commit([{ id: idFromHex(file.id), fields: { layout } }])
    file.records = records
    file.groups = groupSaltsOf(layout).map((salt) => openOwnGroup(journal, keys.lease, salt))
  }
  file.code = { k: cut.k, m: cut.m, n: cut.n }
  file.segmentCount = cut.segments
  if (file.groups.length !== byGroup.length) throw new HoardError('storage-damaged', { object: 'vault', groups: file.groups.length })
  const work = splitPlans(file)
  countPlans(file, work, file.code)
  return work
}

/**
 * Returns the cut of a file by today's policy.
 * @throws HoardError 'storage-damaged' when segments that were described before cuts were written down are cut otherwise
 */
function firstCut({ size, groups }: Content, { k, m, n }: FileCode, policy: Policy): Cut {
  const { bytes: segmentBytes } = policy.segment
  const plans = planSegments(size, k, segmentBytes)
  const split = groupSplit(plans.length)
  let from = 0
  const isSo = groups.every(({ segments }, groupAt) => {
    const own = plans.slice(from, (from += split[groupAt] ?? 0))
    return [...segments].every(([at, { descriptor }]) => at === ROOT_PLACE || own[at]?.sealedLength === descriptor.sealedLength)
  })
  if (!isSo) throw new HoardError('storage-damaged', { object: 'cut' })
  return { k, m, n, segmentBytes, segments: plans.length, records: recordCount(size) }
}

/**
 * Returns the segments of a content of `size` bytes as `cut` has them, by group.
 * @throws HoardError 'storage-damaged' when they are not as many as it says
 * Source: SPEC.md SEG8, RCD3.
 */
export function plansByGroup(
  size: number,
  cut: Pick<Cut, 'k' | 'segmentBytes' | 'first'> & { readonly segments?: number },
): readonly (readonly SegmentPlan[])[] {
  const { k, segmentBytes, first = cut } = cut
  const whole = planSegments(size, first.k, first.segmentBytes)
  let from = 0
  const parts = groupSplit(whole.length).map((count) => whole.slice(from, (from += count)))
  const plans = cut.first === undefined ? parts : parts.map((part) => planPart(spanOf(part), k, segmentBytes))
  const { segments = plans.flat().length } = cut
  if (plans.flat().length !== segments) throw new HoardError('storage-damaged', { object: 'cut', segments })
  return plans
}

/**
 * Returns the cut of a content of `size` bytes that has these segments by group, by their number; what is below 0 is no part of it. Undefined
 * where that cannot be told: it is then never coded anew here. SPEC VLT29.
 */
export function cutOf(size: number, found: readonly ReadonlyMap<number, PlacedSegment>[], { code, segment }: Policy): Cut | undefined {
  const byGroup = found.map((segments) => {
    const own = [...segments].filter(([at]) => at >= 0).toSorted(([a], [b]) => a - b)
    return own.map(([, { descriptor }]) => descriptor)
  })
  const all = byGroup.flat()
  const [one] = all
  if (one === undefined || all.some(({ k, m, n }) => k !== one.k || m !== one.m || n !== one.n)) return undefined
  const { k, m, n } = one
  const stripes = Math.max(...all.map(({ sealedLength }) => stripeCount(sealedLength, k)))
  const cut: Cut = { k, m, n, segmentBytes: stripes * k * SLICE_BYTES, segments: all.length, records: recordCount(size) }
  // Groups stay as they were first cut when their segments are cut anew.
  const firsts = code.map((row) => ({ k: row.k, segmentBytes: segment.bytes }))
  return [cut, ...firsts.map((first) => ({ ...cut, first }))].find(({ segments: _any, ...each }) => {
    const plans = plansByGroup(size, each)
    const isSo = (own: readonly SegmentPlan[], theirs: readonly Descriptor[]): boolean =>
      own.length === theirs.length && own.every(({ sealedLength }, index) => sealedLength === theirs[index]?.sealedLength)
    return plans.length === byGroup.length && plans.every((own, at) => isSo(own, byGroup[at] ?? []))
  })
}

/** Returns the sealed bytes that consecutive segments of a file hold. */
function spanOf(plans: readonly SegmentPlan[]): Pick<SegmentPlan, 'sealedOffset' | 'sealedLength'> {
  return { sealedOffset: plans[0]?.sealedOffset ?? 0, sealedLength: plans.reduce((sum, plan) => sum + plan.sealedLength, 0) }
}

/** Returns the opened groups of a file with their segments, none before they were cut. */
export function splitPlans({ size, groups, note: { cut } }: Content): GroupPlans[] {
  const plans = cut === undefined ? [] : plansByGroup(size, cut)
  return groups.map((group, at) => ({ group, plans: plans[at] ?? [] }))
}

/** Returns the end of the leading sealed bytes of which m people keep pieces that were read back. */
export function safeEnd(file: Content): number {
  return file.code === undefined ? 0 : endOfSafe(splitPlans(file), file.code)
}

/** Tells whether the store of a content waits until its own groups have taken over the pieces of those that it is taken from. SPEC VLT33. */
export function isToTakeOver(file: Content): boolean {
  const { takenFrom, isStored } = file.note
  return takenFrom !== undefined && !isStored && safeEnd(file) < file.sealedBytes
}

function endOfSafe(work: readonly GroupPlans[], { m }: FileCode): number {
  let end = 0
  for (const { group, plans } of work) {
    for (const [at, { sealedOffset, sealedLength }] of plans.entries()) {
      if (verifiedCount(group, at) < m) return end
      end = sealedOffset + sealedLength
    }
  }
  return end
}

/** Sets the shard bytes that are to go over the wire in all, and those that holders claim already. */
export function countPlans(file: Content, work: readonly GroupPlans[], { k, n }: FileCode): void {
  let total = 0
  let done = 0
  for (const { group, plans } of work) {
    for (const [at, { sealedLength }] of plans.entries()) {
      const shard = shardLength(sealedLength, k)
      const segment = group.segments.get(at)
      total += n * shard
      done += (segment === undefined ? 0 : claimedPieces(segment).length) * shard
    }
  }
  file.wire = { done, total }
}

/** Frees the leading records that are safe elsewhere, when the device has no room for the whole file. */
export async function freeWindow(
  { journal }: Pick<StoreTools, 'journal'>,
  file: Content,
  code: FileCode,
  work: readonly GroupPlans[],
): Promise<void> {
  if (!file.activity.isWindowed && !isWindow(file)) return
  const end = endOfSafe(work, code)
  if (end <= file.freedBytes) return
  if (file.note.hasOutbox) {
    await commitContent(journal, file, (note) => ({ ...note, hasOutbox: false }))
  }
  file.freedBytes = end
  await file.spool.freeBefore(end)
}

/** Returns how many pieces of segment number `at` were read back. */
export function verifiedCount(group: OwnGroup, at: number): number {
  const segment = group.segments.get(at)
  return segment === undefined ? 0 : verifiedPieces(segment).length
}

/**
 * Tells whether everything, manifests included, has `pieces` pieces.
 * @param count returns how many pieces of a segment were read back and count still
 */
export function isComplete(
  work: readonly GroupPlans[],
  pieces: number,
  count: (group: OwnGroup, segment: PlacedSegment) => number,
): boolean {
  return work.every(({ group, plans }) => {
    const hasAll = group.segments.size === plans.length + (plans.length > 1 ? 1 : 0)
    return hasAll && [...group.segments.values()].every((segment) => count(group, segment) >= pieces)
  })
}
