import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { hashLeaf, merkleRoot } from './merkle.ts'
import { shardIdOf } from './shard-id.ts'
import vectors from './vectors/trees.json' with { type: 'json' }

const anyRoot = fc.uint8Array({ minLength: 32, maxLength: 32 })

test.each(vectors.shardIds)('[SHD1] shard $index of $length bytes has id $id', ({ index, length, root, id }) => {
  expect(hex(shardIdOf(index, length, fromHex(root)))).toBe(id)
})

test('[SHD2] a shard of one leaf is named by the digest of that leaf', () => {
  const [vector] = vectors.shardIds
  const shard = Uint8Array.from({ length: 2056 }, (_, at) => at * 7)
  expect(hex(shardIdOf(0, shard.length, merkleRoot([hashLeaf(shard)])))).toBe(vector?.id)
})

test('[SHD1] index, length and root each change the id', () => {
  const anyShard = fc.tuple(fc.nat({ max: 254 }), fc.integer({ min: 1, max: 2 ** 40 }), anyRoot)
  fc.assert(
    fc.property(anyShard, anyShard, ([index, length, root], [otherIndex, otherLength, otherRoot]) => {
      const ids = [
        shardIdOf(index, length, root),
        shardIdOf(otherIndex, length, root),
        shardIdOf(index, otherLength, root),
        shardIdOf(index, length, otherRoot),
      ].map(hex)
      const differing = [true, otherIndex !== index, otherLength !== length, hex(otherRoot) !== hex(root)].filter(Boolean).length
      return new Set(ids).size === differing
    }),
  )
})

test.each([
  [-1, 1, 32],
  [255, 1, 32],
  [0.5, 1, 32],
  [0, 0, 32],
  [0, -1, 32],
  [0, 2 ** 53, 32],
  [0, 1, 31],
])('[SHD1] index %s, length %s and a root of %s bytes make no id', (index, length, rootBytes) => {
  expect(() => shardIdOf(index, length, new Uint8Array(rootBytes))).toThrow('broken invariant')
})
