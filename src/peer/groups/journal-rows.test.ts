import { expect, test } from 'vitest'
import { bytesUpTo, listOf, objectFormat, peerIdentity, tuple, uint } from '../../core/encoding.ts'
import { encodeDescriptor } from '../../core/descriptor.ts'
import { brandBytes, type GroupKey, type PeerId, type ShardId } from '../../core/ids.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { newSegment } from '../placing/placed-segment.ts'
import type { Keeping } from './journal-notes.ts'
import { plainOf, readSegment } from './journal-rows.ts'

const [ada, bob, carol] = [1, 2, 3].map((fill) => peerIdOf(new Uint8Array(32).fill(fill))) as [PeerId, PeerId, PeerId]
const groupId = brandBytes<never>(new Uint8Array(32).fill(9))
const encoded = encodeDescriptor({
  k: 2,
  m: 3,
  n: 4,
  sealedLength: 5_000,
  groupKey: brandBytes<GroupKey>(new Uint8Array(32).fill(8)),
  shardIds: Array.from({ length: 6 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(at))),
})

test('a segment is read as it was written, two holders of one index among its keepers', () => {
  const keepers: readonly Keeping[] = [
    { index: 0, holder: ada, stage: 'verified', toldAt: 1_000_000, checkedAt: 2_000_000 },
    { index: 1, holder: bob, stage: 'claimed', toldAt: 3_000_000 },
    { index: 0, holder: carol, stage: 'verified', toldAt: 4_000_000, checkedAt: 5_000_000 },
  ]
  const read = readSegment(plainOf({ of: 'segment', groupId, at: 0, segment: newSegment(encoded), keepers }), 9_000_000)
  expect(read.keepers).toEqual(keepers)
  // The holder that this device placed the piece with stands first.
  expect([...read.segment.pieceByIndex]).toEqual([
    [0, { index: 0, holder: ada, stage: 'verified' }],
    [1, { index: 1, holder: bob, stage: 'claimed' }],
  ])
})

test('a row from before times were written down is read: what was read back then counts as checked, long ago', () => {
  const older = objectFormat('journal segment', 65_536, {
    encoded: bytesUpTo(9_216),
    pieces: listOf(tuple<readonly [number, PeerId, number]>(uint(254), peerIdentity, uint(2)), { max: 255 }),
  })
  const plain = older.encode({
    encoded,
    pieces: [
      [0, ada, 2],
      [1, bob, 1],
      [2, carol, 0],
    ],
  })
  expect(readSegment(plain, 9_000_000).keepers).toEqual([
    { index: 0, holder: ada, stage: 'verified', toldAt: 9_000_000, checkedAt: 1_000 },
    { index: 1, holder: bob, stage: 'claimed', toldAt: 9_000_000 },
    { index: 2, holder: carol, stage: 'assigned', toldAt: 9_000_000 },
  ])
})
