import fc from 'fast-check'
import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, hex } from './bytes.ts'
import { brandBytes, type SegmentId, type GroupId } from './ids.ts'
import { decodeManifest, encodeManifest } from './manifest.ts'
import { unwrapObject, wrapObject } from './padded-object.ts'
import { padmeLength } from './padding.ts'
import vectors from './vectors/manifest.json'
import objects from './vectors/padded-object.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'

describe('manifest', () => {
  it.each(vectors.valid)('[MAN2] reads and writes $name', ({ bytes, value }) => {
    const decoded = decodeManifest(fromHex(bytes))
    expect(plain(decoded)).toEqual(value)
    expect(hex(encodeManifest(decoded))).toBe(bytes)
  })

  it.each(vectors.invalid)('[MAN3] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeManifest(fromHex(bytes)))).toBe(error)
  })

  it('[MAN2] decodes what it encoded', () => {
    const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes))
    const rows = fc.uniqueArray(
      fc.record({ segmentId: id.map((bytes) => brandBytes<SegmentId>(bytes)), records: fc.integer({ min: 1, max: 256 }) }),
      {
        minLength: 1,
        maxLength: 30,
        selector: ({ segmentId }) => hex(segmentId),
      },
    )
    const next = fc.uniqueArray(
      fc.record({ groupId: id.map((bytes) => brandBytes<GroupId>(bytes)), records: fc.integer({ min: 1, max: 65_536 }) }),
      {
        maxLength: 30,
        selector: ({ groupId }) => hex(groupId),
      },
    )
    fc.assert(
      fc.property(fc.record({ rows, next }), (manifest) => {
        expect(plain(decodeManifest(unwrapObject(wrapObject(encodeManifest(manifest)))))).toEqual(plain(manifest))
      }),
    )
  })

  it('[MAN2] accepts no hostile edit that is not the encoding of what it returns', () => {
    const good = fromHex(vectors.valid[0]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 20), (bad) => isRefused(() => decodeManifest(bad)) || equalBytes(encodeManifest(decodeManifest(bad)), bad)),
      { numRuns: 100_000 },
    )
  })
})

describe('padded object', () => {
  it.each(objects.valid)('[MAN1] wraps and unwraps $name', ({ object, length, sha256: digest }) => {
    const wrapped = wrapObject(fromHex(object))
    expect(wrapped.length).toBe(length)
    expect(hex(sha256(wrapped))).toBe(digest)
    expect(hex(unwrapObject(wrapped))).toBe(object)
  })

  it.each(objects.invalid)('[MAN1] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => unwrapObject(fromHex(bytes)))).toBe(error)
  })

  it('[MAN1] reads from the middle of a larger buffer', () => {
    const wrapped = wrapObject(Uint8Array.of(1, 2, 3))
    const around = new Uint8Array(wrapped.length + 10)
    around.set(wrapped, 5)
    expect(unwrapObject(around.subarray(5, 5 + wrapped.length))).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('[MAN1] unwraps what it wrapped, at a length that tells little', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000, size: 'max' }), (object) => {
        const wrapped = wrapObject(object)
        return wrapped.length === padmeLength(object.length + 4) && equalBytes(unwrapObject(wrapped), object)
      }),
    )
  })

  it('[MAN1] accepts no hostile edit that is not the wrapping of what it returns', () => {
    const good = wrapObject(new Uint8Array(4000).fill(7))
    fc.assert(
      fc.property(editsOf(good, 20), (bad) => isRefused(() => unwrapObject(bad)) || equalBytes(wrapObject(unwrapObject(bad)), bad)),
      { numRuns: 100_000 },
    )
  })
})
