import type { FileCode } from '../../core/policy.ts'
import type { SegmentPlan } from '../../core/segment.ts'
import { decideCode } from './decide-code.ts'
import { freeWindow, isComplete, planGroups, verifiedCount, type GroupPlans } from './group-plans.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import { commitContent, isSealed, isWindow, noteStoredAt, type Content } from './content.ts'
import { contentHealth, mayGo } from './content-health.ts'
import { recoverSpool } from './recover-spool.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import { signRoot } from '../groups/own-papers.ts'
import { spooledSegment } from './record-digests.ts'
import { storeSegment } from './store-segment.ts'
import { manifestRoot } from './manifest-source.ts'
import { proveFile, sealFile } from './seal-file.ts'
import { verifiedPieces, claimedPieces, type PlacedSegment } from '../placing/placed-segment.ts'
import { tellGroup } from '../groups/tell-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import { isLeftToGuardian, isWanted } from '../groups/place-round.ts'
import { recordKinds } from '../../core/keys.ts'

const LOOK_AGAIN_MS = 15_000
const REST_MS = 2_000

/**
 * Stores a file from wherever it stands: seals what is not sealed, places what is not placed, signs the root charters, tells the holders.
 * Resolves when all n pieces of every segment are placed; until then it waits for people. Everything it did survives a crash.
 * @throws HoardError 'file-changed' | 'file-unreadable' | 'storage-full' | 'storage-damaged'; `signal.reason`
 */
export async function storeFile(tools: StoreTools, file: Content, signal: AbortSignal): Promise<void> {
  const either = new AbortController()
  const both = AbortSignal.any([signal, either.signal])
  await recoverSpool(tools, file)
  // Nothing of a file that was dropped again goes out before it is proven to be the same.
  await proveDropped(tools, file, both)
  const sealing = sealWhatIsLeft(tools, file, both)
  const placing = placeFile(tools, file, both)
  try {
    await Promise.all([sealing, placing])
  } catch (error) {
    either.abort(error)
    await Promise.allSettled([sealing, placing])
    throw error
  }
}

async function proveDropped({ parts }: StoreTools, file: Content, signal: AbortSignal): Promise<void> {
  const { blob } = file
  if (blob === undefined || !file.isUnproven) return
  file.activity.kind = 'sealing'
  await proveFile(parts, file, blob, signal)
}

async function sealWhatIsLeft(tools: StoreTools, file: Content, signal: AbortSignal): Promise<void> {
  const { parts, journal, changes } = tools
  const { blob } = file
  if (blob === undefined) return
  if (!isSealed(file)) file.activity.kind = 'sealing'
  await sealFile({ parts, journal, file, changes, signal }, blob)
  if (file.activity.kind !== 'sealing') return
  file.activity.kind = file.code === undefined ? 'queued' : 'placing'
  changes.tell()
}

async function placeFile(tools: StoreTools, file: Content, signal: AbortSignal): Promise<void> {
  const { parts, people, changes } = tools
  const code = await decideCode(tools, file, signal)
  const work = await planGroups(tools, file, code)
  const count = (group: OwnGroup, segment: PlacedSegment): number => countedIndices(tools.patient, group, segment).size
  for (;;) {
    const placed = await placeAll(tools, file, code, work, signal)
    file.activity = { ...file.activity, kind: 'idle', isLooking: true }
    changes.tell()
    if (isComplete(work, isWindow(file) ? code.m : code.n, count)) return
    if (placed === 0) await parts.clock.wait(REST_MS, { signal })
    if (hasCandidates(tools, file, work)) continue
    const stopSeeking = people.seek()
    try {
      while (!hasCandidates(tools, file, work)) await people.changes.nextWithin(parts.clock, LOOK_AGAIN_MS, signal)
    } finally {
      stopSeeking()
    }
  }
}

/** Places all that can be placed now: content, then manifests, then root charters. Returns how many pieces were newly claimed. */
async function placeAll(
  tools: StoreTools,
  file: Content,
  code: FileCode,
  work: readonly GroupPlans[],
  signal: AbortSignal,
): Promise<number> {
  let placed = 0
  for (const { group, plans } of work) {
    for (const [at, plan] of plans.entries()) {
      await sealedUpTo(tools, file, code, work, plan, signal)
      placed += await storeSegment(tools, { file, code, group, at, source: spooledSegment(tools.parts.coder, file, plan, code.k) }, signal)
      await freeWindow(tools, file, code, work)
    }
  }
  if (!work.every(({ group, plans }) => plans.every((_plan, at) => isSafe(group.segments.get(at), code)))) return placed
  for (const each of work.toReversed()) {
    const root = each.plans.length > 1 ? await manifestRoot(tools, file, code, work, each, signal) : undefined
    if (root !== undefined)
      placed += await storeSegment(tools, { file, code, group: each.group, at: ROOT_PLACE, source: root.source }, signal)
  }
  for (const each of work) await signWhenSafe(tools, code, each, placed > 0 ? 'new pieces' : 'nothing new', signal)
  await noteStored(tools, file, code, work)
  return placed
}

/**
 * Signs the charter with the root once more than k pieces of everything were read back, and tells all holders of it and of new pieces. What an
 * earlier run may have told is left to comparing, which sends what differs. Protocol SPEC GRO10.
 */
async function signWhenSafe(
  tools: StoreTools,
  code: FileCode,
  { group, plans }: GroupPlans,
  since: 'new pieces' | 'nothing new',
  signal: AbortSignal,
): Promise<void> {
  const now = tools.people.papers.now()
  const [kind, r, at] =
    plans.length > 1
      ? ([recordKinds.manifest, group.note.manifestR, ROOT_PLACE] as const)
      : ([recordKinds.content, new Uint8Array(), 0] as const)
  const root = group.segments.get(at)
  if (root === undefined || !isSafe(root, code)) return
  const isSigned = await signRoot(tools.journal, group, { kind, segmentId: root.segmentId, r }, tools.parts.policy, now)
  if (isSigned || since === 'new pieces') await tellGroup(tools, group, signal)
}

/**
 * Ends the store once every segment has m pieces, and frees the outbox, then or with more pieces. The copy of a file that is Fragile stays for
 * the person or a later run.
 * Source: SPEC.md POL10.
 */
async function noteStored(tools: StoreTools, file: Content, code: FileCode, work: readonly GroupPlans[]): Promise<void> {
  const { parts, patient } = tools
  const { isStored, hasOutbox } = file.note
  for (const { group } of isStored ? [] : work) {
    for (const segment of group.segments.values()) if (countedIndices(patient, group, segment).size < code.m) return
  }
  const isKept = hasOutbox && !mayGo(contentHealth(file, tools, parts.clock.now()), code)
  if (!isStored || hasOutbox !== isKept) await commitStored(tools, file, isKept)
  await noteStoredAt(tools, [file])
}

async function commitStored({ journal }: StoreTools, file: Content, isKept: boolean): Promise<void> {
  await commitContent(journal, file, (note) => ({ ...note, isStored: true, hasOutbox: note.hasOutbox && isKept }))
  if (file.note.hasOutbox) return
  await file.spool.remove()
  await journal.dropDigests(file.id)
}

/** Waits for the sealed bytes of `plan`. A device without room for them only goes on as earlier segments become safe elsewhere. */
async function sealedUpTo(
  tools: StoreTools,
  file: Content,
  code: FileCode,
  work: readonly GroupPlans[],
  { sealedOffset, sealedLength }: SegmentPlan,
  signal: AbortSignal,
): Promise<void> {
  const isWaiting = (): boolean => file.note.sealedBytes < sealedOffset + sealedLength
  while (isWaiting()) {
    await tools.changes.next(signal)
    if (!isWaiting() || !file.activity.isWindowed) continue
    for (const { group, plans } of work) {
      for (const [at, plan] of plans.entries()) {
        if (plan.sealedOffset + plan.sealedLength > sealedOffset || verifiedCount(group, at) >= code.m) continue
        await storeSegment(tools, { file, code, group, at, source: spooledSegment(tools.parts.coder, file, plan, code.k) }, signal)
      }
    }
    await freeWindow(tools, file, code, work)
  }
}

function isSafe(segment: PlacedSegment | undefined, { k }: FileCode): boolean {
  return segment !== undefined && verifiedPieces(segment).length > k
}

/** Tells whether another round could place or prove anything. */
function hasCandidates(tools: StoreTools, { note }: Content, work: readonly GroupPlans[]): boolean {
  return work.some(({ group }) =>
    [...group.segments.values()].some((segment) => {
      if (note.isStored && isLeftToGuardian(tools, group, segment)) return false
      const isUnproven = claimedPieces(segment).some(({ stage, holder }) => stage === 'claimed' && tools.people.isReachable(holder))
      return isUnproven || isWanted(tools, group, segment)
    }),
  )
}
