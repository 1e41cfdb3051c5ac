import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { equalBytes, fromHex, hex, type Bytes } from './bytes.ts'
import { hashLeaf, merkleRoot, rangeProof, rootOfRange } from './merkle.ts'
import vectors from './vectors/trees.json' with { type: 'json' }
import { codeOf } from './errors.ts'

const digests = vectors.digests.map(fromHex)
const leavesUpTo = (count: number): Bytes[] => Array.from({ length: count }, (_, at) => hashLeaf(Uint8Array.of(at, at >> 8)))

test('[MRK1] leaves have the digests of their vectors', () => {
  expect(vectors.leaves.map((leaf) => hex(hashLeaf(fromHex(leaf))))).toEqual(vectors.digests)
})

test('[MRK1] a full leaf is hashed with its zero byte, as node:crypto does', () => {
  const leaf = Uint8Array.from({ length: 65_536 }, (_, at) => at * 3)
  expect(hex(hashLeaf(leaf))).toBe(createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest('hex'))
})

test('[MRK2] trees of 1 to 8 leaves have the roots of their vectors', () => {
  expect(digests.map((_, at) => hex(merkleRoot(digests.slice(0, at + 1))))).toEqual(vectors.roots)
})

test('[MRK2] roots are those of the stack algorithm of RFC 9162, 2.1.2', () => {
  for (let count = 1; count <= 130; count++) expect(merkleRoot(leavesUpTo(count))).toEqual(rootByStack(leavesUpTo(count)))
})

test.each(vectors.proofs)('[MRK3] leaves $first, $count of $leaves', ({ leaves, first, count, nodes, root }) => {
  const tree = digests.slice(0, leaves)
  expect(rangeProof(tree, first, count).map(hex)).toEqual(nodes)
  expect(hex(rootOfRange(leaves, first, tree.slice(first, first + count), nodes.map(fromHex)))).toBe(root)
})

test.each(vectors.invalidProofs)('[MRK4] $what does not lead to the root', ({ leaves, first, digests: range, nodes, root }) => {
  expect(leadsTo(fromHex(root), leaves, first, range.map(fromHex), nodes.map(fromHex))).toBe(false)
})

test('[MRK4] the proof of every range of every small tree leads to its root', () => {
  for (let count = 1; count <= 20; count++) {
    const tree = leavesUpTo(count)
    const root = hex(merkleRoot(tree))
    for (let first = 0; first < count; first++) {
      for (let end = first + 1; end <= count; end++) {
        expect(hex(rootOfRange(count, first, tree.slice(first, end), rangeProof(tree, first, end - first)))).toBe(root)
      }
    }
  }
})

test('[MRK3] ranges of large trees prove themselves with at most two nodes a level', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.nat(), fc.nat(), (count, a, b) => {
      const tree = leavesUpTo(count)
      const first = a % count
      const length = 1 + (b % (count - first))
      const proof = rangeProof(tree, first, length)
      const root = rootOfRange(count, first, tree.slice(first, first + length), proof)
      return equalBytes(root, merkleRoot(tree)) && proof.length <= 2 * Math.ceil(Math.log2(count + 1))
    }),
    { numRuns: 200 },
  )
})

test('[MRK4] 100,000 hostile edits of proofs lead nowhere', () => {
  const trees = Array.from({ length: 24 }, (_, at) => leavesUpTo(at + 1))
  const roots = trees.map((tree) => merkleRoot(tree))
  const edits = fc.record({
    tree: fc.nat({ max: 23 }),
    a: fc.nat(),
    b: fc.nat(),
    edit: fc.nat({ max: 5 }),
    at: fc.nat(),
    bit: fc.nat({ max: 255 }),
  })
  fc.assert(
    fc.property(edits, ({ tree, a, b, edit, at, bit }) => {
      const leaves = trees[tree] ?? []
      const root = roots[tree] ?? new Uint8Array()
      const first = a % leaves.length
      const range = leaves.slice(first, first + 1 + (b % (leaves.length - first)))
      const proof = rangeProof(leaves, first, range.length)
      const edited = { first, range: [...range], proof: [...proof] }
      if (edit === 0) flip(edited.range, at, bit)
      else if (edit === 1) flip(edited.proof, at, bit)
      else if (edit === 2) edited.proof.splice(at % (proof.length + 1), 1)
      else if (edit === 3) edited.proof.splice(at % (proof.length + 1), 0, hashLeaf(Uint8Array.of(bit)))
      else if (edit === 4) edited.first = at % (leaves.length + 2)
      else edited.proof.reverse()
      const isSame = edited.first === first && isEqualList(edited.range, range) && isEqualList(edited.proof, proof)
      return leadsTo(root, leaves.length, edited.first, edited.range, edited.proof) === isSame
    }),
    { numRuns: 100_000 },
  )
})

test('[MRK2] an empty tree has no root', () => {
  expect(() => merkleRoot([])).toThrow('broken invariant')
})

test.each([
  [-1, 1],
  [0, 0],
  [0, 9],
  [8, 1],
  [0.5, 1],
])('[MRK3] leaves %s, %s are no range of eight', (first, count) => {
  expect(() => rangeProof(digests, first, count)).toThrow('broken invariant')
})

function leadsTo(root: Uint8Array, leaves: number, first: number, range: readonly Uint8Array[], proof: readonly Uint8Array[]): boolean {
  try {
    return equalBytes(rootOfRange(leaves, first, range, proof), root)
  } catch (error) {
    if (codeOf(error) !== 'shard-damaged') throw error
    return false
  }
}

function isEqualList(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, at) => equalBytes(bytes, b[at] ?? new Uint8Array()))
}

function flip(items: Bytes[], at: number, bit: number): void {
  const item = items[at % Math.max(1, items.length)]
  if (item === undefined) return
  const changed = item.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  items[at % items.length] = changed
}

function rootByStack(leaves: readonly Uint8Array[]): Uint8Array {
  const stack: Uint8Array[] = []
  const merge = (): void => {
    const right = stack.pop() ?? new Uint8Array()
    const left = stack.pop() ?? new Uint8Array()
    stack.push(new Uint8Array(createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()))
  }
  leaves.forEach((leaf, at) => {
    stack.push(leaf)
    for (let merges = at + 1; merges % 2 === 0; merges /= 2) merge()
  })
  while (stack.length > 1) merge()
  return stack[0] ?? new Uint8Array()
}
