import type { Bytes } from './bytes.ts'
import { idOf, peerIdentity, uint } from './encoding.ts'
import type { GroupKey, GroupSeed, SegmentId, PeerId } from './ids.ts'
import { signWith } from './signature.ts'
import { signedFormat } from './signed.ts'

/** The owner's wish that one holder keep one shard. SPEC PMT. */
export interface PermitFields {
  readonly holder: PeerId
  readonly segmentId: SegmentId
  readonly index: number
}

/** Longest permit. SPEC PMT1. */
export const MAX_PERMIT_BYTES = 160

const format = signedFormat('permit', MAX_PERMIT_BYTES, {
  holder: peerIdentity,
  segmentId: idOf<SegmentId>(),
  index: uint(254),
})

/** Returns the permit signed by the group key of `seed`. SPEC PMT1. */
export function signPermit(seed: GroupSeed, fields: PermitFields): Bytes {
  return format.encode(fields, signWith(seed, format.message(fields)))
}

/**
 * Returns what the permit in `bytes` allows, without checking its signature: enough to see that it is about something else.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function readPermit(bytes: Uint8Array): PermitFields {
  return format.decode(bytes).fields
}

/**
 * Returns what the permit in `bytes` allows, signed by `groupKey`.
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md PMT1.
 */
export function checkPermit(bytes: Uint8Array, groupKey: GroupKey): PermitFields {
  const signed = format.decode(bytes)
  format.check(groupKey, signed)
  return signed.fields
}
