import { compareBytes, type Bytes } from './bytes.ts'
import { bytesOf, listOf, peerIdentity, uint, where } from './encoding.ts'
import { HoardError } from './errors.ts'
import type { PeerId } from './ids.ts'
import { labelledHash } from './labels.ts'
import { publicKeyOf } from './peer-id.ts'
import { signedFormat } from './signed.ts'

/** A person's statement that it is there, which others pass on. SPEC BCN. */
export interface BeaconFields {
  readonly peer: PeerId
  /** Unix milliseconds by the person's own clock. It orders the beacons of one person and says nothing else. */
  readonly time: number
  /** 16 bytes that change whenever the person's store has lost something. Protocol SPEC KEE1. */
  readonly storeEpoch: Bytes
  /** At most 3 peers through which the person is reached for the first time, all different, never the person itself. */
  readonly hops: readonly PeerId[]
}

/** A beacon whose signature and limits were checked, with the bytes that carry it. */
export type CheckedBeacon = BeaconFields & { readonly bytes: Bytes }

/** Longest beacon: three hops of 40 bytes and the fields around them. SPEC BCN1. */
export const MAX_BEACON_BYTES = 270
/** Most hops of a beacon. SPEC BCN1. */
export const MAX_BEACON_HOPS = 3
/** Most milliseconds by which `time` may be ahead of the reader's clock, and by which a person counts as seen after it: 1 h. SPEC BCN2. */
export const MAX_BEACON_AHEAD_MS = 3_600_000

const format = signedFormat('beacon', MAX_BEACON_BYTES, {
  peer: peerIdentity,
  time: uint(),
  storeEpoch: bytesOf(16),
  hops: where(listOf(peerIdentity, { max: MAX_BEACON_HOPS }), (hops) => new Set<string>(hops).size === hops.length, 'a hop is named twice'),
})

/** Returns the bytes that the person signs. Throws HoardError 'format-invalid'. SPEC BCN1. */
export function beaconMessage(fields: BeaconFields): Bytes {
  refuseOwnHop(fields)
  return format.message(fields)
}

/** Returns the beacon with the person's 64-byte `signature` of `beaconMessage`. Throws HoardError 'format-invalid'. */
export function encodeBeacon(fields: BeaconFields, signature: Uint8Array): Bytes {
  refuseOwnHop(fields)
  return format.encode(fields, signature)
}

/**
 * Returns what the beacon in `bytes` says, without checking its signature: enough to see that it is nothing new, or about nobody wanted.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function readBeacon(bytes: Uint8Array): BeaconFields {
  const { fields } = format.decode(bytes)
  refuseOwnHop(fields)
  return fields
}

/**
 * Returns the beacon in `bytes`, its person's signature and every limit checked.
 * @param now Unix milliseconds
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md BCN1, BCN2.
 */
export function checkBeacon(bytes: Uint8Array, now: number): CheckedBeacon {
  const signed = format.decode(bytes)
  const { fields } = signed
  refuseOwnHop(fields)
  if (fields.time > now + MAX_BEACON_AHEAD_MS) refuse('made more than 1 h ahead')
  format.check(publicKeyOf(fields.peer), signed)
  return { ...fields, bytes: new Uint8Array(bytes) }
}

/** Returns the one of two checked beacons of one person that replaces the other; the same whichever comes first. SPEC BCN3. */
export function newerBeacon<T extends CheckedBeacon>(a: T, b: T): T {
  const difference = a.time - b.time || compareBytes(labelledHash('beacon-order', b.bytes), labelledHash('beacon-order', a.bytes))
  return difference >= 0 ? a : b
}

/**
 * Returns when a person counts as seen whose beacon of `time` this device first took at `takenAt`, both Unix milliseconds. An old beacon
 * that is told again makes nobody present. SPEC BCN4.
 */
export function seenBy(time: number, takenAt: number): number {
  return Math.min(takenAt, time + MAX_BEACON_AHEAD_MS)
}

function refuseOwnHop({ peer, hops }: BeaconFields): void {
  if (hops.includes(peer)) refuse('names itself as a hop')
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { format: format.name, reason })
}
