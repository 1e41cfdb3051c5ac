import { expect, test } from 'vitest'
import { hashLeaf, merkleRoot, rangeProof, rootOfRange } from './merkle.ts'

test('[MRK4] the proof of every range of every small tree leads to its root', () => {
  for (let leaves = 1; leaves <= 17; leaves++) {
    const digests = Array.from({ length: leaves }, (_, at) => hashLeaf(Uint8Array.of(at)))
    const root = merkleRoot(digests)
    for (let first = 0; first < leaves; first++) {
      for (let count = 1; first + count <= leaves; count++) {
        const proof = rangeProof(digests, first, count)
        expect(rootOfRange(leaves, first, digests.slice(first, first + count), proof)).toEqual(root)
      }
    }
  }
})
