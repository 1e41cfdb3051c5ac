import { compareBytes, hex, type Bytes } from './bytes.ts'
import { idOf, listOf, peerIdentity, tuple, uint, where } from './encoding.ts'
import { HoardError } from './errors.ts'
import { brandBytes, type SegmentId, type GroupId, type PeerId } from './ids.ts'
import { labelledHash } from './labels.ts'
import { publicKeyOf } from './peer-id.ts'
import { signedFormat } from './signed.ts'

/** One shard that a holder says it keeps. */
export interface ClaimRow {
  readonly segmentId: SegmentId
  readonly index: number
}

/** A holder's statement of what it keeps of one group; the newest one replaces all before it. SPEC CLM. */
export interface ClaimFields {
  readonly groupId: GroupId
  readonly holder: PeerId
  readonly seq: number
  /** At most 512, one for each segment. */
  readonly rows: readonly ClaimRow[]
  /** Unix milliseconds of the signing. */
  readonly at: number
}

/** A claim whose signature and limits were checked, with the bytes that carry it. */
export type CheckedClaim = ClaimFields & { readonly bytes: Bytes }

/** Longest claim: 512 rows of 38 bytes and the fields around them. SPEC CLM1. */
export const MAX_CLAIM_BYTES = 20_480
/** Most rows of a claim: both layouts of a group that is being re-coded. SPEC CLM2. */
export const MAX_CLAIM_ROWS = 512
/** Stands for the clock's time where a paper is accepted whatever its date. */
export const ANY_TIME = Number.MAX_SAFE_INTEGER
/** Most milliseconds by which `at` may be ahead of the reader's clock: 1 h. SPEC CLM3. */
export const MAX_CLAIM_AHEAD_MS = 3_600_000

const row = tuple<[SegmentId, number]>(idOf<SegmentId>(), uint(254))
const format = signedFormat('claim', MAX_CLAIM_BYTES, {
  groupId: idOf<GroupId>(),
  holder: peerIdentity,
  seq: uint(),
  rows: where(
    listOf(row, { max: MAX_CLAIM_ROWS }),
    (rows) => new Set(rows.map(([segmentId]) => hex(segmentId))).size === rows.length,
    'two rows for one segment',
  ),
  at: uint(),
})

/** Returns the bytes that the holder signs. Throws HoardError 'format-invalid'. SPEC CLM1. */
export function claimMessage(fields: ClaimFields): Bytes {
  return format.message(wired(fields))
}

/** Returns the claim with the holder's 64-byte `signature` of `claimMessage`. Throws HoardError 'format-invalid'. */
export function encodeClaim(fields: ClaimFields, signature: Uint8Array): Bytes {
  return format.encode(wired(fields), signature)
}

/**
 * Returns what the claim in `bytes` says, without checking its signature: enough to see that it is nothing new.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function readClaim(bytes: Uint8Array): ClaimFields {
  return fieldsOf(format.decode(bytes))
}

/**
 * Returns what the claim in `bytes` says, at a small part of the cost of `readClaim`: for bytes that were checked before they were written
 * to this device's own disk, or that are checked afterwards. Undefined when they do not have the length and the heads of a claim.
 */
export function skimClaim(bytes: Bytes): Pick<ClaimFields, 'groupId' | 'seq' | 'rows' | 'at'> | undefined {
  // Version, a map of six, 1: the group's 32 bytes, 2: the holder's 38 bytes, 3: seq. SPEC ENC2, CLM1.
  let at = 1 + 1 + (1 + 2 + 32) + (1 + 2 + 38) + 1
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const skimUint = (): number => {
    const head = view.getUint8(at++)
    const size = (head & 31) < 24 ? 0 : 1 << ((head & 31) - 24)
    const value = readers[size]?.(view, at) ?? head & 31
    at += size
    return value
  }
  try {
    const groupId = brandBytes<GroupId>(bytes.slice(5, 37))
    const seq = skimUint()
    at++
    const rows = Array.from({ length: skimUint() }, () => {
      if (view.getUint32(at) >>> 8 !== ROW_HEAD) throw new RangeError('not a row')
      const segmentId = brandBytes<SegmentId>(bytes.slice(at + 3, at + 35))
      at += 35
      return { segmentId, index: skimUint() }
    })
    at++
    const madeAt = skimUint()
    return at + 3 + 64 === bytes.length ? { groupId, seq, rows, at: madeAt } : undefined
  } catch {
    return undefined
  }
}

/** A list of two whose first is 32 bytes. */
const ROW_HEAD = 0x825820
/** Readers of the argument of a CBOR head, by its size in bytes. */
const readers: Readonly<Record<number, (view: DataView, at: number) => number>> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint16(at),
  4: (view, at) => view.getUint32(at),
  8: (view, at) => Number(view.getBigUint64(at)),
}

/**
 * Returns the claim in `bytes`, its holder's signature and every limit checked. The reader decides how much it counts.
 * @param now Unix milliseconds
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 */
export function checkClaim(bytes: Uint8Array, now: number): CheckedClaim {
  const signed = format.decode(bytes)
  const fields = fieldsOf(signed)
  const { holder, at } = fields
  if (at > now + MAX_CLAIM_AHEAD_MS) throw new HoardError('format-invalid', { format: format.name, reason: 'made more than 1 h ahead' })
  format.check(publicKeyOf(holder), signed)
  return { ...fields, bytes: new Uint8Array(bytes) }
}

/** Returns the one of two checked claims of one holder and group that replaces the other; the same whichever comes first. SPEC CLM4. */
export function newerClaim<T extends CheckedClaim>(a: T, b: T): T {
  const difference = a.seq - b.seq || compareBytes(labelledHash('claim-order', b.bytes), labelledHash('claim-order', a.bytes))
  return difference >= 0 ? a : b
}

function fieldsOf({ fields: { groupId, holder, seq, rows, at } }: ReturnType<typeof format.decode>): ClaimFields {
  return { groupId, holder, seq, rows: rows.map(([segmentId, index]) => ({ segmentId, index })), at }
}

function wired({ groupId, holder, seq, rows, at }: ClaimFields) {
  return { groupId, holder, seq, rows: rows.map(({ segmentId, index }): [SegmentId, number] => [segmentId, index]), at }
}
