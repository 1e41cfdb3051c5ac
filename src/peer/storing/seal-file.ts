import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import { recordCount } from '../../core/records.ts'
import { padmeLength } from '../../core/padding.ts'
import { planSegments } from '../../core/segment.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'
import { prefetch } from '../../flow/prefetch.ts'
import type { Changes } from '../../flow/changes.ts'
import { ROOT_PLACE, type Journal } from '../groups/journal.ts'
import { digestRecords, digestWhole } from './record-digests.ts'
import { commitContent, isSealed, type Content } from './content.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { recordKinds } from '../../core/keys.ts'

/** Records that are read, digested, sealed and spooled at once, about 4 MiB. The journal counts in these batches. */
const BATCH_RECORDS = 16
const BATCH_SEALED_BYTES = BATCH_RECORDS * RECORD_SEALED_BYTES
const ROOM_AGAIN_MS = 2_000

/** The tools of sealing and the file to seal. */
export interface Sealing {
  readonly parts: PeerParts
  readonly journal: Journal
  readonly file: Content
  readonly changes: Changes
  readonly signal: AbortSignal
}

/**
 * Resolves once a file that was dropped again is known to be what was sealed before; seals nothing. One different bit makes it another
 * version, whether its record is kept here, by others or nowhere any more.
 * @throws HoardError 'file-changed' | 'file-unreadable'; `signal.reason`
 * Source: SPEC.md SEA4.
 */
export async function proveFile({ coder }: PeerParts, file: Content, blob: Blob, signal: AbortSignal): Promise<void> {
  const batches = Math.max(file.digests.batches(), Math.ceil(usedBytes(file) / BATCH_SEALED_BYTES))
  for await (const { bytes } of prefetch(batches, coder.lanes, (batch) => readDigested(coder, file, blob, batch))) {
    signal.throwIfAborted()
    coder.release(bytes)
  }
  file.isUnproven = false
}

/**
 * Seals the rest of a dropped file into the outbox. The journal has the digest of every batch of content before it is sealed, and that of
 * every sealed record before anybody may read it.
 * When the device has no room for all of it, waits until placed segments are freed or the person makes room, and goes on.
 * @throws HoardError 'file-changed' when what was sealed differs from this content | 'file-unreadable' | 'storage-damaged'; `signal.reason`
 * Source: SPEC.md SEA4, SEA5.
 */
export async function sealFile(sealing: Sealing, blob: Blob): Promise<void> {
  const { file } = sealing
  if (isSealed(file)) return
  await sealBatches(
    sealing,
    blob,
    Math.floor(file.note.sealedBytes / BATCH_SEALED_BYTES),
    Math.ceil(recordCount(file.size) / BATCH_RECORDS),
  )
}

async function sealBatches(given: Sealing, blob: Blob, first: number, end: number): Promise<void> {
  const ending = new AbortController()
  const sealing: Sealing = { ...given, signal: AbortSignal.any([given.signal, ending.signal]) }
  const { parts, signal, changes } = sealing
  const begun = new Set<Promise<unknown>>()
  const batches = prefetch(end - first, parts.coder.lanes, (at) => {
    const made = retryWorker(() => sealBatch(sealing, blob, first + at))
    begun.add(made)
    return made
  })
  try {
    for await (const { batch, records, digests } of batches) {
      signal.throwIfAborted()
      await spoolBatch(sealing, batch, records, digests)
      parts.coder.release(records)
      changes.tell()
    }
  } finally {
    // Wait for the batches that were begun ahead: the caller forgets a file that it ended, and nothing may be written down after that.
    ending.abort(new Error('sealing has ended'))
    await Promise.allSettled(begun)
  }
}

/** Seals a batch once the digest of its content is written down, and returns its records with their digests. */
async function sealBatch(sealing: Sealing, blob: Blob, batch: number) {
  const { parts, journal, file, signal } = sealing
  const { coder } = parts
  signal.throwIfAborted()
  const { bytes, digest, isKnown } = await readDigested(coder, file, blob, batch)
  if (!isKnown) await whenRoom(sealing, batch, () => journal.change(file, () => file.digests.change('content', batch, [digest])))
  signal.throwIfAborted()
  const firstRecord = batch * BATCH_RECORDS
  const isEnd = firstRecord + BATCH_RECORDS >= recordCount(file.size)
  const sealed = await coder.seal({ fileKey: file.fileKey, kind: recordKinds.content, r: new Uint8Array(), firstRecord, isEnd }, bytes)
  return { batch, ...(await digestRecords(coder, sealed)) }
}

/** Spools the part of a batch that is not spooled yet, and then writes down that it is, with the digests of its records. */
async function spoolBatch(sealing: Sealing, batch: number, records: Bytes, digests: readonly Bytes[]): Promise<void> {
  const { journal, file } = sealing
  const firstRecord = batch * BATCH_RECORDS
  const start = firstRecord * RECORD_SEALED_BYTES
  const sealedBytes = start + records.length
  for (const [at, digest] of digests.entries()) {
    const expected = file.digests.ofSealed(firstRecord + at)
    if (expected !== undefined && !equalBytes(expected, digest)) throw new HoardError('file-changed', { offset: start })
  }
  const from = Math.max(start, file.note.sealedBytes)
  if (from >= sealedBytes) return
  await whenRoom(sealing, batch, async () => {
    await file.spool.write(from, records.subarray(from - start))
    await commitContent(
      journal,
      file,
      (note) => ({
        ...note,
        sealedBytes: Math.max(note.sealedBytes, sealedBytes),
        // Freed bytes do not come back: a window never becomes a whole copy.
        hasOutbox: note.hasOutbox || note.sealedBytes === 0,
      }),
      () => file.digests.change('sealed', firstRecord, digests),
    )
  })
}

/**
 * Reads the content of a batch and its digest. `isKnown` tells that this digest was written down before.
 * @throws HoardError 'file-changed' when another digest was, or none although some of the batch was sealed
 */
async function readDigested(coder: Coder, file: Content, blob: Blob, batch: number) {
  const read = async () => digestWhole(coder, await readBatch(file, blob, batch * BATCH_RECORDS))
  const { bytes, digest } = await retryWorker(read)
  const expected = file.digests.ofContent(batch)
  const offset = batch * BATCH_SEALED_BYTES
  const isSame = expected === undefined ? offset >= usedBytes(file) : equalBytes(expected, digest)
  if (!isSame) throw new HoardError('file-changed', { offset })
  return { batch, bytes, digest, isKnown: expected !== undefined }
}

/** Returns the end of the sealed bytes that were spooled or described to others: content before it that has no digest counts as changed. */
function usedBytes({ note, groups, sealedBytes }: Content): number {
  // This journal never saw the cut of these segments: they may reach to the end.
  if (groups.length > 0 && note.cut === undefined) return sealedBytes
  let described = 0
  for (const { segments } of groups) {
    for (const [at, { descriptor }] of segments) if (at !== ROOT_PLACE) described += descriptor.sealedLength
  }
  return Math.max(note.sealedBytes, described)
}

async function readBatch({ size }: Content, blob: Blob, record: number): Promise<Bytes> {
  const start = record * RECORD_PLAIN_BYTES
  const end = Math.min(padmeLength(size), start + BATCH_RECORDS * RECORD_PLAIN_BYTES)
  if (start >= size) return new Uint8Array(end - start)
  let content: ArrayBuffer
  try {
    content = await blob.slice(start, Math.min(end, size)).arrayBuffer()
  } catch (cause) {
    throw new HoardError('file-unreadable', { offset: start }, cause)
  }
  if (content.byteLength !== Math.min(end, size) - start) throw new HoardError('file-changed', { offset: start })
  if (content.byteLength === end - start) return new Uint8Array(content)
  const padded = new Uint8Array(end - start)
  padded.set(new Uint8Array(content))
  return padded
}

/** Resolves once `work` found room on the device; runs it again whenever room may have been made. */
async function whenRoom({ parts, file, changes, signal }: Sealing, batch: number, work: () => Promise<void>): Promise<void> {
  const { clock, policy } = parts
  for (;;) {
    try {
      await work()
      file.activity.waitsForRoom = undefined
      return
    } catch (error) {
      if (codeOf(error) !== 'storage-full') throw error
      signal.throwIfAborted()
      file.activity.isWindowed = true
      // While no cut is chosen, the policy's first row gives a guess at what will be freed.
      const { k, segmentBytes } = file.note.cut ?? { k: policy.code[0]?.k ?? 2, segmentBytes: policy.segment.bytes }
      const ends = planSegments(file.size, k, segmentBytes).map(({ sealedOffset, sealedLength }) => sealedOffset + sealedLength)
      const canBeFreed = ends.some((end) => end > file.freedBytes && end <= batch * BATCH_SEALED_BYTES)
      file.activity.waitsForRoom = canBeFreed ? 'to be freed' : 'to be made'
      changes.tell()
      // No event tells that room was made elsewhere on the device.
      await changes.nextWithin(clock, ROOM_AGAIN_MS, signal)
    }
  }
}
