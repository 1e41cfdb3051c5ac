import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beaconMessage, checkBeacon, encodeBeacon, newerBeacon, readBeacon, seenBy, type BeaconFields } from './beacon.ts'
import { fromHex, hex } from './bytes.ts'
import { peerIdOf } from './peer-id.ts'
import { publicKeyOf, signWith } from './signature.ts'
import vectors from './vectors/beacon.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'

const { now } = vectors
const HOUR = 3_600_000
const seed = fromHex(vectors.seed)
const peer = peerIdOf(publicKeyOf(seed))
const person = (number: number) => peerIdOf(publicKeyOf(new Uint8Array(32).fill(number)))
const signed = (fields: BeaconFields) => encodeBeacon(fields, signWith(seed, beaconMessage(fields)))
const plainBeacon: BeaconFields = { peer, time: now, storeEpoch: new Uint8Array(16), hops: [] }

describe('beacon', () => {
  it.each(vectors.valid)('[BCN1] reads and signs $name', ({ bytes, value }) => {
    const { bytes: kept, ...fields } = checkBeacon(fromHex(bytes), now)
    expect(plain(fields)).toEqual(value)
    expect(hex(kept)).toBe(bytes)
    expect(hex(signed(fields))).toBe(bytes)
    expect(plain(readBeacon(fromHex(bytes)))).toEqual(value)
  })

  it.each(vectors.invalid)('[BCN1] [BCN2] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkBeacon(fromHex(bytes), now))).toBe(error)
  })

  it('[BCN1] the longest beacon fits into 270 bytes', () => {
    const longest = { ...plainBeacon, time: Number.MAX_SAFE_INTEGER, hops: [person(1), person(2), person(3)] }
    expect(signed(longest).length).toBeLessThanOrEqual(270)
    expect(checkBeacon(signed(longest), Number.MAX_SAFE_INTEGER).hops).toHaveLength(3)
  })

  it('[BCN1] writes no beacon that cannot be read', () => {
    const hops = [person(1), person(1)]
    expect(codeThrownBy(() => beaconMessage({ ...plainBeacon, hops }))).toBe('format-invalid')
    expect(codeThrownBy(() => beaconMessage({ ...plainBeacon, hops: [peer] }))).toBe('format-invalid')
    expect(codeThrownBy(() => encodeBeacon({ ...plainBeacon, hops: [peer] }, new Uint8Array(64)))).toBe('format-invalid')
    expect(isRefused(() => checkBeacon(signed({ ...plainBeacon, peer: person(7) }), now))).toBe(true)
  })

  it('[BCN3] the newer beacon is the same whichever comes first', () => {
    const beacon = (time: number, fill = 0) => checkBeacon(signed({ ...plainBeacon, time, storeEpoch: new Uint8Array(16).fill(fill) }), now)
    const [older, newer, twin] = [beacon(1), beacon(2), beacon(2, 1)]
    expect(newerBeacon(older, newer)).toBe(newer)
    expect(newerBeacon(newer, older)).toBe(newer)
    expect(newerBeacon(newer, twin)).toBe(newerBeacon(twin, newer))
  })

  it('[BCN4] a beacon that is kept back makes nobody present later', () => {
    expect(seenBy(now, now + 5)).toBe(now + 5)
    expect(seenBy(now - 90 * 24 * HOUR, now)).toBe(now - 90 * 24 * HOUR + HOUR)
    expect(seenBy(now + HOUR, now)).toBe(now)
  })

  it('[BCN1] accepts no hostile edit', () => {
    const good = fromHex(vectors.valid[2]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkBeacon(bad, now))),
      { numRuns: 100_000 },
    )
  })
})
