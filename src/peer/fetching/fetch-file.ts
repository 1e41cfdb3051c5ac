import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { FileKey } from '../../core/ids.ts'
import { recordCount } from '../../core/records.ts'
import { MAX_FILE_BYTES, RECORD_PLAIN_BYTES } from '../../core/sizes.ts'
import type { ReadParts } from './reading.ts'
import { openGroup, openSegments, type FileSegment, type ObjectTarget, type OnWaiting } from './open-object.ts'
import { readDescriptor, recordRuns } from './read-segment.ts'
import { prefetchWorks, type Work } from '../../flow/prefetch.ts'
import { recordsIn } from '../../core/segment.ts'
import { recordKinds } from '../../core/keys.ts'

/** Bytes of a file, end excluded. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Bytes fetched ahead while the caller consumes a piece: bounds the memory of a read. */
const AHEAD_BYTES = 16 * 1024 * 1024

/** A file whose charter and manifest were read: any part of it can be fetched. */
export interface FetchableFile {
  readonly fileKey: FileKey
  readonly size: number
  readonly segments: readonly FileSegment[]
  /** Tells whether a newer charter has come since, which may name other segments. */
  isStale(): boolean
}

/**
 * Finds a file of `size` bytes and reads its charter and manifest. Waits for people as long as it takes.
 * @throws HoardError 'link-expired' | 'manifest-unreadable'; `signal.reason`
 */
export async function openFetchable(
  reading: ReadParts,
  target: ObjectTarget & { readonly size: number },
  { signal, onWaiting }: { readonly signal: AbortSignal; readonly onWaiting: OnWaiting },
): Promise<FetchableFile> {
  signal.throwIfAborted()
  const { fileKey, size } = target
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_FILE_BYTES) throw new HoardError('manifest-unreadable', { size })
  const group = await openGroup(reading, target, onWaiting, signal)
  onWaiting(undefined)
  const seq = group.known.roll.paper()?.seq
  const segments = await openSegments(reading, group, { fileKey, size }, onWaiting, signal)
  return { fileKey, size, segments, isStale: () => group.known.roll.paper()?.seq !== seq }
}

/** Returns a function whose calls share one opened file; a call after it became stale or failed to open opens it again. */
export function openOnce(open: () => Promise<FetchableFile>): () => Promise<FetchableFile> {
  let opened: Promise<FetchableFile> | undefined
  return async () => {
    const before = opened
    const known = await before?.catch(() => undefined)
    if (known !== undefined && !known.isStale()) return known
    if (opened === before) {
      opened = open()
      // The first caller may have stopped waiting: its abort must not fail the others.
      opened.catch(() => undefined)
    }
    return opened ?? open()
  }
}

/**
 * Yields the bytes `range` of a file, every one of them proven and opened. Waits for people as long as it takes.
 * @throws HoardError 'manifest-unreadable' | 'record-damaged'; `signal.reason`
 */
export async function* fetchFile(
  reading: ReadParts,
  { fileKey, size, segments }: FetchableFile,
  range: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const start = Math.max(0, Math.min(range.start, size))
  const end = Math.max(start, Math.min(range.end, size))
  if (start === end) return
  const firstRecord = Math.floor(start / RECORD_PLAIN_BYTES)
  const lastRecord = Math.floor((end - 1) / RECORD_PLAIN_BYTES)
  const wanted: Wanted = { fileKey, size, firstRecord, lastRecord, start, end }
  const touched = segments.filter((segment) => segment.firstRecord <= lastRecord && segment.firstRecord + segment.records > firstRecord)
  // Over the ends of segments: holders of the next one are at work while the last slices of this one come.
  for await (const { plain, offset } of prefetchWorks(openRuns(reading, touched, wanted, signal), AHEAD_BYTES)) {
    yield* cut(plain, offset, wanted)
    reading.parts.coder.release(plain)
  }
}

interface Wanted extends ByteRange {
  readonly fileKey: FileKey
  readonly size: number
  readonly firstRecord: number
  readonly lastRecord: number
}

/** Content of records, and where it begins in the file. */
interface OpenedRun {
  readonly plain: Bytes
  readonly offset: number
}

async function* openRuns(
  reading: ReadParts,
  segments: readonly FileSegment[],
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Work<OpenedRun>> {
  for (const segment of segments) {
    const descriptor = await readDescriptor(reading, segment.job, signal)
    if (recordsIn(descriptor.sealedLength) !== segment.records) throw new HoardError('manifest-unreadable', { records: segment.records })
    const first = Math.max(0, wanted.firstRecord - segment.firstRecord)
    const last = Math.min(segment.records - 1, wanted.lastRecord - segment.firstRecord)
    const open = async (inSegment: number, sealed: Bytes): Promise<OpenedRun> => {
      const record = segment.firstRecord + inSegment
      return { plain: await openRecords(reading, wanted, record, sealed), offset: record * RECORD_PLAIN_BYTES }
    }
    yield* recordRuns(reading, segment.job, descriptor, { first, last }, open, signal)
  }
}

function openRecords({ parts }: ReadParts, { fileKey, size }: Wanted, firstRecord: number, sealed: Bytes): Promise<Bytes> {
  const isEnd = firstRecord + recordsIn(sealed.length) === recordCount(size)
  return parts.coder.open({ fileKey, kind: recordKinds.content, r: new Uint8Array(), firstRecord, isEnd }, sealed)
}

/** Yields the part of `plain`, which begins at `offset` of the file, that lies in the wanted range. */
function* cut(plain: Bytes, offset: number, { start, end }: ByteRange): Generator<Uint8Array> {
  const from = Math.max(0, start - offset)
  const to = Math.min(plain.length, end - offset)
  if (from < to) yield plain.subarray(from, to)
}
