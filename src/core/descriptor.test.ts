import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, hex } from './bytes.ts'
import { decodeDescriptor, encodeDescriptor, segmentIdOf, shardCountFor, type Descriptor } from './descriptor.ts'
import { brandBytes, type GroupKey, type ShardId } from './ids.ts'
import vectors from './vectors/descriptor.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes))
const descriptor: fc.Arbitrary<Descriptor> = fc
  .tuple(fc.integer({ min: 3, max: 204 }), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 67_108_864 }), bytes32)
  .chain(([n, a, b, sealedLength, groupKey]) => {
    const k = 2 + (a % (n - 2))
    const m = k + 1 + (b % (n - k))
    const t = shardCountFor(n)
    return fc.uniqueArray(bytes32, { minLength: t, maxLength: t, selector: (id) => hex(id) }).map((ids) => ({
      k,
      m,
      n,
      sealedLength,
      groupKey: brandBytes<GroupKey>(groupKey),
      shardIds: ids.map((id) => brandBytes<ShardId>(id)),
    }))
  })

describe('descriptor', () => {
  it.each(vectors.valid)('[DSC1] reads and writes $name', ({ bytes, value, segmentId }) => {
    const decoded = decodeDescriptor(fromHex(bytes))
    expect(plain(decoded)).toEqual(value)
    expect(hex(encodeDescriptor(decoded))).toBe(bytes)
    expect(hex(segmentIdOf(fromHex(bytes)))).toBe(segmentId)
  })

  it.each(vectors.invalid)('[DSC4] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeDescriptor(fromHex(bytes)))).toBe(error)
  })

  it('[DSC3] counts spares: a quarter more, at least two', () => {
    expect([3, 8, 9, 15, 20, 24, 32, 204].map(shardCountFor)).toEqual([5, 10, 12, 19, 25, 30, 40, 255])
  })

  it('[DSC1] decodes what it encoded', () => {
    fc.assert(
      fc.property(descriptor, (value) => {
        expect(plain(decodeDescriptor(encodeDescriptor(value)))).toEqual(plain(value))
      }),
      { numRuns: 50 },
    )
  })

  it('[DSC2] accepts no hostile edit but as another segment', () => {
    const good = fromHex(vectors.valid[1]?.bytes ?? '')
    const name = segmentIdOf(good)
    fc.assert(
      fc.property(
        editsOf(good, 20),
        (bad) =>
          isRefused(() => decodeDescriptor(bad)) ||
          (equalBytes(encodeDescriptor(decodeDescriptor(bad)), bad) && !equalBytes(segmentIdOf(bad), name)),
      ),
      { numRuns: 100_000 },
    )
  })
})
