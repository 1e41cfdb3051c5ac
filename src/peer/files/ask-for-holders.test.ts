import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import type { PeerId } from '../../core/ids.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { drawHolder } from './ask-for-holders.ts'

const peers = [1, 2, 3, 4].map((fill) => peerIdOf(new Uint8Array(32).fill(fill)))

test('[GRO5] the holder that is asked is drawn anew each time, from those who proved a piece while there are any', () => {
  const random = createSeededRandom('draw')
  const drawn = (checked: readonly PeerId[]) => {
    const holders = peers.map((holder) => ({ holder, isChecked: checked.includes(holder) }))
    return new Set(Array.from({ length: 64 }, () => drawHolder(holders, random)))
  }
  expect(drawn([])).toEqual(new Set(peers))
  expect(drawn(peers.slice(2))).toEqual(new Set(peers.slice(2)))
  expect(drawHolder([], random)).toBeUndefined()
})
