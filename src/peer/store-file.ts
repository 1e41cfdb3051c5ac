import { encodeManifest } from '../core/manifest.ts'
import { wrapObject } from '../core/padded-object.ts'
import { gradeOf } from '../core/policy.ts'
import type { SegmentPlan } from '../core/segment.ts'
import { decideCode, queued } from './decide-code.ts'
import { describeSegment, sealedInMemory, type SegmentSource } from './describe-segment.ts'
import type { ExplanationView } from './api.ts'
import { freeWindow, isComplete, openGroups, verifiedCount, type GroupWork } from './group-work.ts'
import type { OwnSegment } from './journal.ts'
import { dropAgain, commitFile, hasUnbegun, idle, isSealed, isWindow, type FileCode, type OwnFile } from './own-file.ts'
import { mendSpool } from './mend-spool.ts'
import { isOpenable, signRoot, type OwnGroup } from './own-group.ts'
import { claimedPieces, verifiedPieces } from './place-segment.ts'
import { spooledSegment } from './record-digests.ts'
import { sealFile } from './seal-file.ts'
import { candidatesFor, placeRound, tellGroup, type StoreTools } from './store-group.ts'

const ROOT_PLACE = -1
const LOOK_AGAIN_MS = 15_000
const REST_MS = 2_000

/**
 * Stores a file from wherever it stands: seals what is not sealed, places what is not placed, signs the root charters, tells the holders.
 * Resolves when all n pieces of every segment are placed; until then it waits for people. Everything it did survives a crash.
 * @throws HoardError 'file-changed' | 'file-unreadable' | 'storage-full' | 'storage-damaged'; `signal.reason`
 */
export async function storeFile(tools: StoreTools, file: OwnFile, isComparing: boolean, signal: AbortSignal): Promise<void> {
  const either = new AbortController()
  const both = AbortSignal.any([signal, either.signal])
  await mendSpool(tools, file)
  const sealing = sealWhatIsLeft(tools, file, isComparing, both)
  const placing = sealing.first.then(() => placeFile(tools, file, both))
  try {
    await Promise.all([sealing.all, placing])
  } catch (error) {
    either.abort(error)
    await Promise.allSettled([sealing.all, placing])
    throw error
  }
}

/** Starts sealing. `first` resolves when placing may begin: at once, but after a dropped-again file proved to be the same one. */
function sealWhatIsLeft(
  tools: StoreTools,
  file: OwnFile,
  isComparing: boolean,
  signal: AbortSignal,
): { readonly first: Promise<void>; readonly all: Promise<void> } {
  const { parts, journal, changes } = tools
  const { blob } = file
  if (blob === undefined) {
    if (!isSealed(file)) file.activity.explanation = dropAgain(file)
    return { first: Promise.resolve(), all: Promise.resolve() }
  }
  if (!isSealed(file) || isComparing) {
    file.activity.kind = 'sealing'
  }
  const all = sealFile(parts, journal, file, blob, { signal, changes, isComparing }).then(() => {
    if (file.activity.kind !== 'sealing') return
    file.activity =
      file.code === undefined ? idle(queued(tools)) : { ...file.activity, kind: 'placing', explanation: placing(file, file.code) }
    changes.tell()
  })
  return { first: isComparing ? all : Promise.resolve(), all }
}

async function placeFile(tools: StoreTools, file: OwnFile, signal: AbortSignal): Promise<void> {
  const { parts, people, changes } = tools
  const code = await decideCode(tools, file, signal)
  const work = await openGroups(tools, file, code)
  for (;;) {
    const placed = await placeAll(tools, file, code, work, signal)
    settleActivity(file, code)
    changes.tell()
    if (isComplete(work, isWindow(file) ? code.m : code.n)) return
    const rest = new AbortController()
    const until = AbortSignal.any([signal, rest.signal])
    if (placed === 0) await parts.clock.wait(REST_MS, { signal })
    while (!hasCandidates(tools, work, code)) {
      await Promise.race([people.changes.next(until), parts.clock.wait(LOOK_AGAIN_MS, { signal: until })])
    }
    rest.abort(new Error('looked'))
  }
}

/** Places whatever can be placed now, in the order content, manifests, root charters. Returns how many pieces were newly claimed. */
async function placeAll(
  tools: StoreTools,
  file: OwnFile,
  code: FileCode,
  work: readonly GroupWork[],
  signal: AbortSignal,
): Promise<number> {
  let placed = 0
  for (const { group, plans } of work) {
    for (const [place, plan] of plans.entries()) {
      await sealedUpTo(tools, file, code, work, plan, signal)
      placed += await placeOne(tools, file, code, group, place, spooledSegment(tools.parts.coder, file, plan, code.k), signal)
      await freeWindow(tools, file, code, work)
    }
  }
  if (!work.every(({ group, plans }) => plans.every((_plan, place) => isSafe(group.segments.get(place), code)))) return placed
  for (const { group, plans } of work.toReversed()) {
    if (plans.length > 1) placed += await placeManifest(tools, file, code, work, { group, plans }, signal)
  }
  for (const each of work) await signWhenSafe(tools, code, each, signal)
  await noteStored(tools, file, code, work)
  return placed
}

async function placeOne(
  tools: StoreTools,
  file: OwnFile,
  code: FileCode,
  group: OwnGroup,
  place: number,
  source: SegmentSource,
  signal: AbortSignal,
): Promise<number> {
  const segment = group.segments.get(place) ?? (await describe(tools, code, group, place, source, signal))
  if (claimedPieces(segment).length >= code.n && verifiedPieces(segment).length >= code.n) return 0
  // Its sealed bytes may be freed.
  if (isWindow(file) && place !== ROOT_PLACE && verifiedPieces(segment).length >= code.m) return 0
  return tools.lanes.run(() => {
    if (isSealed(file)) file.activity.kind = 'placing'
    if (file.activity.kind === 'placing') file.activity.explanation = placing(file, code)
    const onPlaced = (bytes: number): void => {
      file.wire.done += bytes
      if (isSealed(file)) file.activity = { ...file.activity, kind: 'placing', explanation: placing(file, code) }
    }
    return placeRound(tools, group, place, segment, source, onPlaced, signal)
  }, signal)
}

async function describe(
  { parts, journal }: StoreTools,
  code: FileCode,
  group: OwnGroup,
  place: number,
  source: SegmentSource,
  signal: AbortSignal,
): Promise<OwnSegment> {
  const segment = await describeSegment(parts.coder, code, group.groupKey, source, signal)
  group.segments.set(place, segment)
  await journal.commit([{ of: 'segment', groupId: group.groupId, place, segment }])
  return segment
}

async function placeManifest(
  tools: StoreTools,
  file: OwnFile,
  code: FileCode,
  work: readonly GroupWork[],
  { group, plans }: GroupWork,
  signal: AbortSignal,
): Promise<number> {
  if (group.note.manifestR.length === 0) {
    group.note = { ...group.note, manifestR: tools.parts.random.bytes(32) }
    await tools.journal.commit([{ of: 'group', groupId: group.groupId, note: group.note }])
  }
  const rows = plans.flatMap(({ records }, place) => {
    const segment = group.segments.get(place)
    return segment === undefined ? [] : [{ segmentId: segment.segmentId, records }]
  })
  const further = group === work[0]?.group ? work.slice(1) : []
  const next = further.map(({ group: { groupId }, plans: theirs }) => ({
    groupId,
    records: theirs.reduce((sum, { records }) => sum + records, 0),
  }))
  const sealed = await tools.parts.coder.seal(
    { fileKey: file.fileKey, kind: 1, r: group.note.manifestR, firstRecord: 0, isEnd: true },
    wrapObject(encodeManifest({ rows, next })),
  )
  return placeOne(tools, file, code, group, ROOT_PLACE, sealedInMemory(sealed), signal)
}

/** Signs the charter with the root once more than k pieces of everything were read back, and tells all holders. */
async function signWhenSafe(tools: StoreTools, code: FileCode, { group, plans }: GroupWork, signal: AbortSignal): Promise<void> {
  const now = tools.parts.clock.now()
  const root = group.segments.get(plans.length > 1 ? ROOT_PLACE : 0)
  if (root === undefined || !isSafe(root, code)) return
  if (!isOpenable(group)) {
    const kind = plans.length > 1 ? 1 : 0
    await signRoot(tools.journal, group, { kind, segmentId: root.segmentId, r: group.note.manifestR }, tools.parts.policy, now)
  }
  await tellGroup(tools, group, signal)
}

/** Once everything has m pieces the store is over: the outbox is freed, except for Fragile files, whose copy stays until the person frees it. */
async function noteStored({ journal }: StoreTools, file: OwnFile, code: FileCode, work: readonly GroupWork[]): Promise<void> {
  const everything = work.flatMap(({ group }) => [...group.segments.values()])
  if (file.note.isStored || everything.some((segment) => verifiedPieces(segment).length < code.m)) return
  file.note = { ...file.note, isStored: true, hasOutbox: file.note.hasOutbox && gradeOf(code.k, code.n) === 'Fragile' }
  await commitFile(journal, file)
  if (file.note.hasOutbox) return
  await file.spool.remove()
  await journal.dropDigests(file.id)
}

/** Waits for the sealed bytes of `plan`. A device without room for them gets on only as earlier segments become safe elsewhere. */
async function sealedUpTo(
  tools: StoreTools,
  file: OwnFile,
  code: FileCode,
  work: readonly GroupWork[],
  { sealedOffset, sealedLength }: SegmentPlan,
  signal: AbortSignal,
): Promise<void> {
  const isWaiting = (): boolean => file.note.sealedBytes < sealedOffset + sealedLength
  while (isWaiting()) {
    await tools.changes.next(signal)
    if (!isWaiting() || !file.activity.isWindowed) continue
    for (const { group, plans } of work) {
      for (const [place, plan] of plans.entries()) {
        if (plan.sealedOffset + plan.sealedLength > sealedOffset || verifiedCount(group, place) >= code.m) continue
        await placeOne(tools, file, code, group, place, spooledSegment(tools.parts.coder, file, plan, code.k), signal)
      }
    }
    await freeWindow(tools, file, code, work)
  }
}

function settleActivity(file: OwnFile, code: FileCode): void {
  file.activity = { ...file.activity, kind: 'idle', explanation: placing(file, code, true) }
}

/** Returns how far the worst segment is: `placed` of n pieces, and how many more people are looked for once nobody is left to ask. */
function placing(file: OwnFile, { n }: FileCode, isLooking = false): ExplanationView {
  const verified = file.groups.flatMap(({ segments }) => [...segments.values()].map((segment) => verifiedPieces(segment).length))
  const placed = verified.length === 0 || hasUnbegun(file) ? 0 : Math.min(...verified)
  return placed < n ? { is: 'placing', placed, of: n, wanted: isLooking ? n - placed : 0 } : { is: 'placed', placed, of: n }
}

function isSafe(segment: OwnSegment | undefined, { k }: FileCode): boolean {
  return segment !== undefined && verifiedPieces(segment).length > k
}

/** Tells whether another round could place or prove anything. */
function hasCandidates(tools: StoreTools, work: readonly GroupWork[], { n }: FileCode): boolean {
  const here = new Set(tools.people.here().map(({ peer }) => peer))
  return work.some(({ group }) =>
    [...group.segments.values()].some((segment) => {
      const isUnproven = claimedPieces(segment).some(({ stage, holder }) => stage === 'claimed' && here.has(holder))
      return isUnproven || (claimedPieces(segment).length < n && candidatesFor(tools, group, segment).length > 0)
    }),
  )
}
