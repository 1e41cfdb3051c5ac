import { expect, test } from 'vitest'
import { encodeDescriptor } from '../../core/descriptor.ts'
import type { Standing } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupId, type GroupKey, type PeerId, type ShardId } from '../../core/ids.ts'
import { newSegment, type Piece } from '../placing/placed-segment.ts'
import { ranks } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import { countedIndices, keptIndices, missingIndices, type Counting } from './counted-pieces.ts'
import type { OwnGroup } from './own-group.ts'

const [N, T] = [8, 10]

test('[HTH1] a piece counts once it was read and while its row and its holder do, hearsay never, and what is yet to be read is only kept', () => {
  const { group, segment, counting, standings, lost, told, placed } = desk()
  for (let index = 0; index < 5; index++) placed(index, 'verified')
  placed(5, 'claimed')
  told(6)
  expect([...countedIndices(counting, group, segment)]).toEqual([0, 1, 2, 3, 4])
  expect([...keptIndices(counting, group, segment)]).toEqual([0, 1, 2, 3, 4, 5])
  standings.set(name(0), 'gone').set(name(1), 'stale').set(name(2), 'told')
  lost.add(name(3))
  expect([...countedIndices(counting, group, segment)]).toEqual([2, 4])
  lost.clear()
  expect([...countedIndices(counting, group, segment)]).toEqual([2, 3, 4])
})

test('[PLC4, RPR7] as many indices are placed as are missing up to n: never used ones, then those of people who are lost, longest first', () => {
  const { group, segment, counting, lost, told, placed, seenAt } = desk()
  expect(missingIndices(counting, group, segment)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  for (let index = 0; index < N; index++) placed(index, 'verified')
  for (const index of [8, 9]) told(index)
  expect(missingIndices(counting, group, segment)).toEqual([])
  for (const index of [1, 4, 6, 7]) lost.add(name(index))
  seenAt.set(name(6), 10).set(name(1), 20).set(name(4), 30).set(name(7), 40)
  // What was only told of 8 and 9 fills no place.
  expect(missingIndices(counting, group, segment)).toEqual([8, 9, 6, 1])
  lost.delete(name(7))
  expect(missingIndices(counting, group, segment)).toEqual([8, 9, 6])
})

const name = (at: number) => `peer ${at}` as PeerId

/** A group of one segment of 2 of 8, and how its rows count. */
function desk() {
  const shardIds = Array.from({ length: T }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(at + 1)))
  const groupKey = brandBytes<GroupKey>(new Uint8Array(32).fill(9))
  const segment = newSegment(encodeDescriptor({ k: 2, m: 6, n: N, sealedLength: 1_000, groupKey, shardIds }))
  const { segmentId } = segment
  const roll = createRolls().of(brandBytes<GroupId>(new Uint8Array(32)))
  const group = { roll, segments: new Map([[0, segment]]) } as unknown as OwnGroup
  const standings = new Map<PeerId, Standing>()
  const lost = new Set<PeerId>()
  const seenAt = new Map<PeerId, number>()
  const counting: Counting = {
    seen: ({ holder, index }) => ({
      index,
      peer: holder,
      standing: standings.get(holder) ?? 'proven',
      isLost: lost.has(holder),
      lastSeenAt: seenAt.get(holder) ?? 0,
      toldAt: 0,
    }),
  }
  return {
    group,
    segment,
    counting,
    standings,
    lost,
    seenAt,
    placed(index: number, stage: Piece['stage']) {
      const holder = name(index)
      const kept: { pieceByIndex: ReadonlyMap<number, Piece> } = segment
      kept.pieceByIndex = new Map([...segment.pieceByIndex, [index, { index, holder, stage }]])
      roll.addRow({ holder, segmentId, index, toldAt: 1_000 })
      if (stage === 'verified') roll.noteChecked(holder, 2_000, segmentId)
    },
    told(index: number) {
      const telling = { teller: name(99), rank: ranks.hearsay, isPlacers: false }
      roll.put({ holder: name(index), seq: 1, takenAt: 1_000, rows: [{ segmentId, index }], telling })
    },
  }
}
