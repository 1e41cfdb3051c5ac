import { equalBytes, type Bytes } from '../core/bytes.ts'
import { codeOf, HoardError } from '../core/errors.ts'
import { recordCount } from '../core/records.ts'
import { padmeLength } from '../core/padding.ts'
import { planSegments } from '../core/segment.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES } from '../core/sizes.ts'
import type { Coder } from '../ports/coder.ts'
import { ahead } from './ahead.ts'
import type { Changes } from './changes.ts'
import type { Journal } from './journal.ts'
import { digestRecords } from './record-digests.ts'
import { commitFile, isSealed, type Carrier } from './carrier.ts'
import type { PeerParts } from './parts.ts'
import { redone } from './redone.ts'

/** 16 records, about 4 MiB: what is read, sealed and spooled at once. */
const BATCH_RECORDS = 16
/** The journal is told of progress this often: 64 MiB of work at most is done again after a crash. */
const NOTE_EVERY_BYTES = 16 * 1024 * 1024
const ROOM_AGAIN_MS = 2_000

/**
 * Seals the rest of a dropped file into the outbox. A file dropped again is first compared with all that was sealed before.
 * When the device has no room for all of it, waits until placed segments are freed or the person made room, and goes on.
 * @throws HoardError 'file-changed' when what was sealed differs from this content | 'file-unreadable' | 'storage-damaged'; `signal.reason`
 */
export async function sealFile(
  parts: PeerParts,
  journal: Journal,
  file: Carrier,
  blob: Blob,
  { signal, changes, isComparing }: { readonly signal: AbortSignal; readonly changes: Changes; readonly isComparing: boolean },
): Promise<void> {
  const records = recordCount(file.size)
  const safeRecords = Math.floor(file.note.sealedBytes / RECORD_SEALED_BYTES)
  const firstRecord = isComparing ? 0 : safeRecords
  const batches = isSealed(file) && !isComparing ? 0 : Math.ceil((records - firstRecord) / BATCH_RECORDS)
  let notedBytes = file.note.sealedBytes
  const sealing = ahead(batches, parts.coder.lanes, async (batch) => {
    const record = firstRecord + batch * BATCH_RECORDS
    return { record, ...(await redone(() => sealBatch(parts.coder, file, blob, record))) }
  })
  for await (const { record, records: sealed, digests } of sealing) {
    signal.throwIfAborted()
    const offset = record * RECORD_SEALED_BYTES
    compare(file, record, digests)
    if (offset + sealed.length <= file.note.sealedBytes) continue
    file.digests.put(record, digests)
    const sealedBytes = offset + sealed.length
    await writeWhenRoom(parts, file, offset, sealed, changes, signal)
    parts.coder.release(sealed)
    // What was freed on the way does not come back: a window never is a whole copy.
    const hasOutbox = file.note.hasOutbox || file.note.sealedBytes === 0
    file.note = { ...file.note, sealedBytes, hasOutbox }
    if (file.note.sealedBytes - notedBytes >= NOTE_EVERY_BYTES || isSealed(file)) {
      notedBytes = file.note.sealedBytes
      await commitFile(journal, file)
    }
    if (file.activity.kind === 'sealing') {
      file.activity.explanation = { is: 'sealing', percent: Math.floor((100 * file.note.sealedBytes) / file.sealedBytes) }
    }
    changes.tell()
  }
}

/** Reads a batch of records, seals and digests it. */
async function sealBatch(coder: Coder, file: Carrier, blob: Blob, firstRecord: number) {
  const plain = await readBatch(file, blob, firstRecord)
  const isEnd = firstRecord + BATCH_RECORDS >= recordCount(file.size)
  return digestRecords(coder, await coder.seal({ fileKey: file.fileKey, kind: 0, r: new Uint8Array(), firstRecord, isEnd }, plain))
}

async function readBatch({ size }: Carrier, blob: Blob, record: number): Promise<Bytes> {
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

/** Whatever was sealed under this key must stay true, here or with others: one different bit makes it another version. */
function compare({ note, digests }: Carrier, firstRecord: number, found: readonly Bytes[]): void {
  for (const [at, digest] of found.entries()) {
    const record = firstRecord + at
    const offset = record * RECORD_SEALED_BYTES
    const expected = digests.of(record)
    const isSame = expected === undefined ? offset >= note.sealedBytes : equalBytes(expected, digest)
    if (!isSame) throw new HoardError('file-changed', { offset })
  }
}

async function writeWhenRoom(
  { clock, policy }: PeerParts,
  file: Carrier,
  offset: number,
  sealed: Bytes,
  changes: Changes,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await file.spool.write(offset, sealed)
      return
    } catch (error) {
      if (codeOf(error) !== 'storage-full') throw error
      file.activity.isWindowed = true
      const plans = planSegments(file.size, file.code?.k ?? policy.code[0]?.k ?? 2, policy.segment.bytes)
      const ends = plans.map(({ sealedOffset, sealedLength }) => sealedOffset + sealedLength)
      const canBeFreed = ends.some((end) => end > file.freedBytes && end <= offset)
      file.activity.explanation = canBeFreed ? { is: 'keep-open' } : { is: 'trouble', trouble: { code: 'storage-full', facts: {} } }
      changes.tell()
      // Nobody tells when room is made elsewhere on the device.
      const rest = new AbortController()
      const until = AbortSignal.any([signal, rest.signal])
      await Promise.race([changes.next(until), clock.wait(ROOM_AGAIN_MS, { signal: until })])
      rest.abort(new Error('looked'))
    }
  }
}
