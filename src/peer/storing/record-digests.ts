import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { merkleRoot, splitDigests, DIGEST_BYTES } from '../../core/merkle.ts'
import type { SegmentPlan, StripeSpan } from '../../core/segment.ts'
import { LEAF_BYTES, RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'
import type { Change, Journal } from '../groups/journal.ts'
import type { Spool } from './spool.ts'
import type { SegmentSource } from '../placing/segment-source.ts'
import type { DigestsOf } from '../groups/journal-notes.ts'

/** The expected digests of a file's content and of its sealed records, all of them durable. */
export interface RecordDigests {
  /** Returns the digest of a sealed record, the root of the tree over its leaves; undefined when it was never sealed here. */
  ofSealed(record: number): Bytes | undefined
  /** Returns the digest of the content of a batch, padding included; undefined when nothing of it was ever sealed here. */
  ofContent(batch: number): Bytes | undefined
  /** Returns how many batches there are up to the last one whose content is known. */
  batches(): number
  /** Returns the change that writes down the digests of sealed records or batches from number `first` on. */
  change(of: DigestsOf, first: number, digests: readonly Bytes[]): Change
}

/** Digests in one journal row, 2 KiB: those of 16 MiB of records, or of 256 MiB of content. */
const DIGESTS_PER_NOTE = 64
const LEAVES_PER_RECORD = RECORD_SEALED_BYTES / LEAF_BYTES

/** Returns the digests that the journal has of the content and the records of the file `id`. */
export function openRecordDigests(journal: Journal, id: string): RecordDigests {
  const partsByKind = { sealed: new Map(journal.digests(id, 'sealed')), content: new Map(journal.digests(id, 'content')) }
  const placeOf = (at: number) => ({ part: Math.floor(at / DIGESTS_PER_NOTE), offset: (at % DIGESTS_PER_NOTE) * DIGEST_BYTES })
  const read = (of: DigestsOf, at: number): Bytes | undefined => {
    const { part, offset } = placeOf(at)
    const digest = partsByKind[of].get(part)?.subarray(offset, offset + DIGEST_BYTES)
    // Batches may be written down out of order: a gap is zeros.
    return digest?.length === DIGEST_BYTES && digest.some((byte) => byte !== 0) ? digest : undefined
  }
  return {
    ofSealed: (record) => read('sealed', record),
    ofContent: (batch) => read('content', batch),
    batches: () => Math.max(0, ...[...partsByKind.content].map(([part, { length }]) => part * DIGESTS_PER_NOTE + length / DIGEST_BYTES)),
    change(of, first, digests) {
      const changed = new Map<number, Bytes>()
      for (const [at, digest] of digests.entries()) {
        const { part, offset } = placeOf(first + at)
        const before = changed.get(part) ?? partsByKind[of].get(part) ?? new Uint8Array()
        const after = new Uint8Array(Math.max(before.length, offset + DIGEST_BYTES))
        after.set(before)
        after.set(digest, offset)
        changed.set(part, after)
      }
      return {
        notes: [...changed].map(([part, bytes]) => ({ of: 'digests', digestsOf: of, id, part, digests: bytes })),
        assign() {
          for (const [part, bytes] of changed) partsByKind[of].set(part, bytes)
        },
      }
    },
  }
}

/** Resolves with the digest of all `bytes`, the root of the tree over their leaves, and with the bytes themselves. */
export async function digestWhole(coder: Coder, bytes: Bytes): Promise<{ readonly bytes: Bytes; readonly digest: Bytes }> {
  const digested = await coder.digestLeaves(bytes)
  return { bytes: digested.bytes, digest: merkleRoot(splitDigests(digested.digests)) }
}

/** Resolves with the digests of whole sealed records, of which the last may be shorter, and with the records themselves. */
export async function digestRecords(coder: Coder, sealed: Bytes): Promise<{ readonly records: Bytes; readonly digests: readonly Bytes[] }> {
  const digested = await coder.digestLeaves(sealed)
  const leaves = splitDigests(digested.digests)
  const digests = Array.from({ length: Math.ceil(leaves.length / LEAVES_PER_RECORD) }, (_, record) =>
    merkleRoot(leaves.slice(record * LEAVES_PER_RECORD, (record + 1) * LEAVES_PER_RECORD)),
  )
  return { records: digested.bytes, digests }
}

/**
 * Returns a segment in the outbox as a source that checks every record against the digest written when it was sealed: nobody may be asked
 * to keep a bit that the disk flipped. Its methods throw HoardError 'storage-damaged' {object: 'spool', offset in the file's sealed bytes}.
 */
export function spooledSegment(
  coder: Coder,
  { digests, spool }: { readonly digests: RecordDigests; readonly spool: Spool },
  { sealedOffset, sealedLength }: SegmentPlan,
  k: number,
): SegmentSource {
  const isFull = ({ length }: StripeSpan): boolean => length === k * RECORD_SEALED_BYTES
  const check = (offset: number, found: Bytes): void => {
    const expected = digests.ofSealed(offset / RECORD_SEALED_BYTES)
    // SPEC SEA5: a record whose digest is not written down is described to nobody.
    if (expected === undefined || !equalBytes(expected, found)) throw new HoardError('storage-damaged', { object: 'spool', offset })
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
