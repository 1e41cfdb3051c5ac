import { concatBytes, equalBytes, type Bytes } from '../core/bytes.ts'
import { HoardError } from '../core/errors.ts'
import { merkleRoot } from '../core/merkle.ts'
import type { SegmentPlan, StripeSpan } from '../core/segment.ts'
import { LEAF_BYTES, RECORD_SEALED_BYTES } from '../core/sizes.ts'
import type { Coder } from '../ports/coder.ts'
import type { Journal, Note } from './journal.ts'
import { splitDigests, type SegmentSource } from './describe-segment.ts'
import type { Spool } from './spool.ts'

/** What the sealed records of a file must digest to: a record's digest is the root of the tree over its leaves. */
export interface RecordDigests {
  /** Returns the digest of a record, undefined when it was never sealed here. */
  of(record: number): Bytes | undefined
  /** Takes the digests of the records from `record` on; they are durable once `notes` are. */
  put(record: number, digests: readonly Bytes[]): void
  /** Returns what was put and is not yet noted, for the journal. */
  notes(): readonly DigestsNote[]
  /** Takes it that `notes` are durable. */
  noted(notes: readonly DigestsNote[]): void
}

type DigestsNote = Extract<Note, { of: 'digests' }>

/** 16 MiB of records for a note of 2 KiB. */
const RECORDS_PER_NOTE = 64
const DIGEST_BYTES = 32
const LEAVES_PER_RECORD = RECORD_SEALED_BYTES / LEAF_BYTES

/** Opens what the journal knows of the records of the file `id`. */
export function openRecordDigests(journal: Journal, id: string): RecordDigests {
  const byPart = new Map(journal.digests(id))
  const isNew = new Set<number>()
  const placeOf = (record: number) => ({ part: Math.floor(record / RECORDS_PER_NOTE), at: (record % RECORDS_PER_NOTE) * DIGEST_BYTES })
  return {
    of(record) {
      const { part, at } = placeOf(record)
      const digest = byPart.get(part)?.subarray(at, at + DIGEST_BYTES)
      return digest?.length === DIGEST_BYTES ? digest : undefined
    },
    put(record, digests) {
      for (const [offset, digest] of digests.entries()) {
        const { part, at } = placeOf(record + offset)
        const before = byPart.get(part) ?? new Uint8Array()
        byPart.set(part, concatBytes(before.subarray(0, at), digest, before.subarray(at + DIGEST_BYTES)))
        isNew.add(part)
      }
    },
    notes: () => [...isNew].map((part) => ({ of: 'digests', id, part, digests: byPart.get(part) ?? new Uint8Array() })),
    noted(notes) {
      for (const { part, digests } of notes) if (byPart.get(part) === digests) isNew.delete(part)
    },
  }
}

/** Returns the digests of whole sealed records, of which the last may be shorter, and hands the records back. */
export async function digestRecords(coder: Coder, sealed: Bytes): Promise<{ readonly records: Bytes; readonly digests: readonly Bytes[] }> {
  const digested = await coder.digestLeaves(sealed)
  const leaves = splitDigests(digested.digests)
  const digests = Array.from({ length: Math.ceil(leaves.length / LEAVES_PER_RECORD) }, (_, record) =>
    merkleRoot(leaves.slice(record * LEAVES_PER_RECORD, (record + 1) * LEAVES_PER_RECORD)),
  )
  return { records: digested.bytes, digests }
}

/**
 * Returns a segment of a file in the outbox, checked against what was once sealed while it is described: a bit that the disk turned must not
 * be what other people are asked to keep. Its methods throw HoardError 'storage-damaged' {object: 'spool', offset in the file's sealed bytes}.
 */
export function spooledSegment(
  coder: Coder,
  { digests, spool }: { readonly digests: RecordDigests; readonly spool: Spool },
  { sealedOffset, sealedLength }: SegmentPlan,
  k: number,
): SegmentSource {
  const isFull = ({ length }: StripeSpan): boolean => length === k * RECORD_SEALED_BYTES
  const check = (offset: number, found: Bytes): void => {
    const expected = digests.of(offset / RECORD_SEALED_BYTES)
    if (expected !== undefined && !equalBytes(expected, found)) throw new HoardError('storage-damaged', { object: 'spool', offset })
  }
  return {
    sealedLength,
    async readStripe(span) {
      const start = sealedOffset + span.offset
      const bytes = await spool.read(start, span.length)
      if (isFull(span)) return bytes
      const { records, digests: found } = await digestRecords(coder, bytes)
      for (const [at, digest] of found.entries()) check(start + at * RECORD_SEALED_BYTES, digest)
      return records
    },
    // In a full stripe the first k slices are the records themselves: their leaves are digested anyway.
    onDigests(span, leavesOf) {
      if (!isFull(span)) return
      for (let slice = 0; slice < k; slice++) {
        check(sealedOffset + span.offset + slice * RECORD_SEALED_BYTES, merkleRoot(leavesOf(slice)))
      }
    },
  }
}
