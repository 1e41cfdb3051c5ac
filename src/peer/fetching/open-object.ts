import type { Bytes } from '../../core/bytes.ts'
import type { Paper, Root } from '../../core/charter.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { HoardError } from '../../core/errors.ts'
import type { FileKey, GroupKey, SegmentId, GroupId, PeerId } from '../../core/ids.ts'
import { decodeManifest } from '../../core/manifest.ts'
import { unwrapObject } from '../../core/padded-object.ts'
import { recordCount } from '../../core/records.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { ReadParts } from './reading.ts'
import type { Changes } from '../../flow/changes.ts'
import { locateGroup, unknownGroup, type KnownGroup } from './locate-group.ts'
import { readDescriptor, recordRuns, type SegmentJob } from './read-segment.ts'
import { prefetchWorks } from '../../flow/prefetch.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import { firstOf } from '../../flow/first-of.ts'
import { recordKinds } from '../../core/keys.ts'

/** An object to open: its group, its key, and peers who may know the group. */
export interface ObjectTarget {
  readonly groupId: GroupId
  readonly fileKey: FileKey
  readonly hints: readonly PeerId[]
  /** The group as far as it is known already, shared by all reads that open it. */
  readonly known?: KnownGroup
}

/** A segment of an opened file with its place among the file's records. */
export interface FileSegment {
  readonly job: SegmentJob
  readonly firstRecord: number
  readonly records: number
}

/** Called with the error when a read has to wait for people, and with undefined when it goes on. */
export type OnWaiting = (error: unknown) => void

/** No manifest or link is larger; checked before anything of it is asked for. */
const MAX_OBJECT_SEALED_BYTES = 8 * 1024 * 1024
const ASK_AGAIN_MS = 5_000
/** Holders that must answer for themselves before a charter is taken for the newest: the next one may have a tombstone. */
const HOLDERS_ENOUGH = 3

/** Resolves with what is known of the group once a charter with a root is known. Throws 'link-expired' for a tombstone or a charter that ended. */
export async function openGroup(reading: ReadParts, target: ObjectTarget, onWaiting: OnWaiting, signal: AbortSignal): Promise<OpenGroup> {
  const known = target.known ?? unknownGroup(target.groupId, reading.parts.clock)
  for (;;) {
    await heardEnough(known, locateGroup(reading.parts, reading.people, known, { hints: target.hints, signal }), signal)
    const paper = known.roll.paper()
    const root = rootOf(reading, paper)
    if (root !== undefined && paper !== undefined) {
      return { known, root, groupKey: paper.groupKey }
    }
    onWaiting(new HoardError(paper === undefined ? 'not-found' : 'too-few-shards', { object: 'charter' }))
    await somebodyComes(reading, known, signal)
  }
}

/** A group whose charter names its root. */
export interface OpenGroup {
  readonly known: KnownGroup
  readonly root: Root
  readonly groupKey: GroupKey
}

/** Returns the job of reading `segmentId`. To wait, it asks the people of its group again. */
export function segmentJob(
  reading: ReadParts,
  { known, groupKey }: { readonly known: KnownGroup; readonly groupKey: GroupKey },
  segmentId: SegmentId,
  onWaiting: OnWaiting,
  descriptor?: Descriptor,
): SegmentJob {
  return {
    segmentId,
    groupKey,
    known,
    ...(descriptor === undefined ? {} : { descriptor }),
    wait: async (error, signal) => {
      onWaiting(error)
      await somebodyComes(reading, known, signal)
      await heardMore(known.changes, locateGroup(reading.parts, reading.people, known, { signal }), signal)
      // The owner may have ended the group meanwhile: `rootOf` then throws.
      rootOf(reading, known.roll.paper())
      onWaiting(undefined)
    },
  }
}

/** A manifest, link or layer that was read. */
export interface ReadObject {
  readonly descriptor: Descriptor
  readonly sealed: Bytes
  /** Opened and unwrapped: the CBOR of a manifest or link, or the bytes of a layer. */
  readonly object: Bytes
}

/** Resolves with the CBOR of a manifest or link, or with a layer: the group's root segment, opened and unwrapped. */
export async function readRootObject(...of: Parameters<typeof readSealedRoot>): Promise<Bytes> {
  return (await readSealedRoot(...of)).object
}

/** Resolves with the group's root segment as it is sealed, and with what is in it. */
export async function readSealedRoot(
  reading: ReadParts,
  group: OpenGroup,
  fileKey: FileKey,
  onWaiting: OnWaiting,
  signal: AbortSignal,
  mostBytes = MAX_OBJECT_SEALED_BYTES,
): Promise<ReadObject> {
  const job = segmentJob(reading, group, group.root.segmentId, onWaiting)
  const descriptor = await readDescriptor(reading, job, signal)
  if (descriptor.sealedLength > mostBytes) throw new HoardError('manifest-unreadable', { bytes: descriptor.sealedLength })
  const sealed = new Uint8Array(descriptor.sealedLength)
  const placed = async (record: number, bytes: Bytes) => ({ bytes, offset: record * RECORD_SEALED_BYTES })
  const runs = recordRuns(reading, job, descriptor, { first: 0, last: Infinity }, placed, signal)
  for await (const { bytes, offset } of prefetchWorks(runs, mostBytes)) {
    sealed.set(bytes, offset)
  }
  const { kind, r } = group.root
  const { coder } = reading.parts
  const opened = await retryWorker(() => coder.open({ fileKey, kind, r, firstRecord: 0, isEnd: true }, sealed.slice()))
  return { descriptor, sealed, object: unwrapObject(opened) }
}

/** Resolves with the segments of a file of `size` bytes, in order. Throws 'manifest-unreadable' when they do not add up to it. */
export async function openSegments(
  reading: ReadParts,
  group: OpenGroup,
  { fileKey, size }: { readonly fileKey: FileKey; readonly size: number },
  onWaiting: OnWaiting,
  signal: AbortSignal,
): Promise<readonly FileSegment[]> {
  const records = recordCount(size)
  if (group.root.kind === recordKinds.content) {
    return [{ job: segmentJob(reading, group, group.root.segmentId, onWaiting), firstRecord: 0, records }]
  }
  if (group.root.kind !== 1) throw new HoardError('manifest-unreadable', { kind: group.root.kind })
  const manifest = decodeManifest(await readRootObject(reading, group, fileKey, onWaiting, signal))
  const segments: FileSegment[] = []
  let firstRecord = 0
  const take = (from: OpenGroup, rows: readonly { readonly segmentId: SegmentId; readonly records: number }[]): void => {
    for (const row of rows) {
      segments.push({ job: segmentJob(reading, from, row.segmentId, onWaiting), firstRecord, records: row.records })
      firstRecord += row.records
      if (firstRecord > records) throw new HoardError('manifest-unreadable', { records, listed: firstRecord })
    }
  }
  take(group, manifest.rows)
  for (const { groupId } of manifest.next) {
    const further = await openGroup(reading, { groupId, fileKey, hints: group.known.evidence.holders() }, onWaiting, signal)
    if (further.root.kind === recordKinds.content) take(further, [{ segmentId: further.root.segmentId, records: records - firstRecord }])
    else take(further, decodeManifest(await readRootObject(reading, further, fileKey, onWaiting, signal)).rows)
  }
  if (firstRecord !== records) throw new HoardError('manifest-unreadable', { records, listed: firstRecord })
  return segments
}

function rootOf({ people }: ReadParts, paper: Paper | undefined): Root | undefined {
  if (paper === undefined) return undefined
  if (paper.is === 'tombstone') throw new HoardError('link-expired', { reason: 'ended by its owner' })
  const { until, grace, root } = paper.charter
  if (until + grace < people.papers.passed()) throw new HoardError('link-expired', { reason: 'term over' })
  return root ?? undefined
}

/** Resolves once a few holders have answered, unless the charter has no root yet: nobody waits for the slowest. Else after `search`. */
async function heardEnough(known: KnownGroup, search: Promise<void>, signal: AbortSignal): Promise<void> {
  const isEnough = (): boolean => {
    const paper = known.roll.paper()
    return known.evidence.holders().length >= HOLDERS_ENOUGH && (paper?.is === 'tombstone' || paper?.charter.root !== null)
  }
  const hear = async (until: AbortSignal): Promise<void> => {
    while (!isEnough()) await known.changes.next(until)
  }
  await firstOf(signal, () => search, hear)
}

/** Resolves at the next change or when `work` is over, whichever is first. Throws what `work` throws before that; `signal.reason`. */
export async function heardMore(changes: Changes, work: Promise<void>, signal: AbortSignal): Promise<void> {
  await firstOf(
    signal,
    () => work,
    (until) => changes.next(until),
  )
}

/** Resolves when it may be worth asking again: somebody came or went, an answer came in, or `ASK_AGAIN_MS` have passed. */
async function somebodyComes({ parts, people }: ReadParts, known: KnownGroup, signal: AbortSignal): Promise<void> {
  const stopSeeking = people.seek()
  try {
    await firstOf(
      signal,
      (until) => people.changes.next(until),
      (until) => known.changes.next(until),
      (until) => parts.clock.wait(ASK_AGAIN_MS, { signal: until }),
    )
  } finally {
    stopSeeking()
  }
}
