import { HoardError } from '../core/errors.ts'
import type { Policy } from '../core/policy.ts'
import { groupSplit, planSegments, shardLength, type SegmentPlan } from '../core/segment.ts'
import { commitFile, isWindow, type FileCode, type Carrier } from './carrier.ts'
import { openOwnGroup, type OwnGroup } from './own-group.ts'
import type { PeerParts } from './parts.ts'
import { claimedPieces, verifiedPieces } from './place-segment.ts'
import type { StoreTools } from './store-group.ts'

/** A group of a file under way with the segments that are to lie in it. */
export interface GroupWork {
  readonly group: OwnGroup
  readonly plans: readonly SegmentPlan[]
}

/** What opening the groups of a file takes. */
export type GroupTools = Pick<StoreTools, 'vault' | 'keeper' | 'journal'> & { readonly parts: Pick<PeerParts, 'policy' | 'random'> }

/**
 * Returns the groups of a file with their segments. Before the first byte leaves, the vault knows the salt of every group.
 * @throws HoardError 'storage-damaged' when the vault knows another number of groups
 */
export async function openGroups({ parts, vault, keeper, journal }: GroupTools, file: Carrier, code: FileCode): Promise<GroupWork[]> {
  const plans = planSegments(file.size, code.k, parts.policy.segment.bytes)
  const split = groupSplit(plans.length)
  const { keys } = await keeper.ensure()
  if (file.groups.length === 0) {
    let from = 0
    const groups = split.map((count) => {
      const records = plans.slice(from, (from += count)).reduce((sum, plan) => sum + plan.records, 0)
      return { salt16: parts.random.bytes(16), records }
    })
    await vault.commit([{ id: file.id, fields: { code, groups } }])
    file.groups = groups.map(({ salt16 }) => openOwnGroup(journal, keys.lease, salt16))
  }
  file.code = code
  file.segmentCount = plans.length
  if (file.groups.length !== split.length) throw new HoardError('storage-damaged', { object: 'vault', groups: file.groups.length })
  const work = splitWork(file, code, parts.policy)
  countWork(file, work, code)
  return work
}

/** Returns the opened groups of a file with their segments. */
export function splitWork({ groups, size }: Carrier, { k }: FileCode, { segment }: Policy): GroupWork[] {
  const plans = planSegments(size, k, segment.bytes)
  const split = groupSplit(plans.length)
  let from = 0
  return groups.map((group, at) => ({ group, plans: plans.slice(from, (from += split[at] ?? 0)) }))
}

/** Returns where the sealed bytes end that lie, with all before them, with m people. */
export function safeEnd(file: Carrier, policy: Policy): number {
  return file.code === undefined ? 0 : endOfSafe(splitWork(file, file.code, policy), file.code)
}

function endOfSafe(work: readonly GroupWork[], { m }: FileCode): number {
  let end = 0
  for (const { group, plans } of work) {
    for (const [place, { sealedOffset, sealedLength }] of plans.entries()) {
      if (verifiedCount(group, place) < m) return end
      end = sealedOffset + sealedLength
    }
  }
  return end
}

/** Sets how many bytes are to go over the wire, and how many went before. */
export function countWork(file: Carrier, work: readonly GroupWork[], { k, n }: FileCode): void {
  let total = 0
  let done = 0
  for (const { group, plans } of work) {
    for (const [place, { sealedLength }] of plans.entries()) {
      const shard = shardLength(sealedLength, k)
      const segment = group.segments.get(place)
      total += n * shard
      done += (segment === undefined ? 0 : claimedPieces(segment).length) * shard
    }
  }
  file.wire = { done, total }
}

/** While the device has no room for the whole file, records go as soon as they, and all before them, are safe elsewhere. */
export async function freeWindow(
  { journal }: Pick<StoreTools, 'journal'>,
  file: Carrier,
  code: FileCode,
  work: readonly GroupWork[],
): Promise<void> {
  if (!file.activity.isWindowed && !isWindow(file)) return
  const end = endOfSafe(work, code)
  if (end <= file.freedBytes) return
  if (file.note.hasOutbox) {
    file.note = { ...file.note, hasOutbox: false }
    await commitFile(journal, file)
  }
  file.freedBytes = end
  await file.spool.freeBefore(end)
}

/** Returns how many pieces of the segment at `place` were read back. */
export function verifiedCount(group: OwnGroup, place: number): number {
  const segment = group.segments.get(place)
  return segment === undefined ? 0 : verifiedPieces(segment).length
}

/** Tells whether everything, manifests included, has `pieces` pieces that were read back. */
export function isComplete(work: readonly GroupWork[], pieces: number): boolean {
  return work.every(({ group, plans }) => {
    const hasAll = group.segments.size === plans.length + (plans.length > 1 ? 1 : 0)
    return hasAll && [...group.segments.values()].every((segment) => verifiedPieces(segment).length >= pieces)
  })
}
