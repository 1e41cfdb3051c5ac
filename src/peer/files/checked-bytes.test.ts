import { expect, test } from 'vitest'
import { encodeDescriptor } from '../../core/descriptor.ts'
import { unknownConduct } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupId, type GroupKey, type PeerId, type ShardId } from '../../core/ids.ts'
import { newSegment } from '../placing/placed-segment.ts'
import { ranks } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import type { Content } from '../storing/content.ts'
import { checkedBytes } from './checked-bytes.ts'

const DAY = 86_400_000
const now = 100 * DAY
const [ada, bob, eve] = ['ada', 'bob', 'eve'] as unknown as readonly [PeerId, PeerId, PeerId]

/** A segment of 2 of 8, 1,000 bytes of it, of which three people say that they keep a piece. */
function desk() {
  const shardIds = Array.from({ length: 10 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(at + 1)))
  const groupKey = brandBytes<GroupKey>(new Uint8Array(32).fill(9))
  const segment = newSegment(encodeDescriptor({ k: 2, m: 6, n: 8, sealedLength: 1_000, groupKey, shardIds }))
  const { segmentId } = segment
  const roll = createRolls().of(brandBytes<GroupId>(new Uint8Array(32)))
  for (const [index, holder] of [ada, bob, eve].entries()) {
    const telling = { teller: holder, rank: ranks.holder, isPlacers: false }
    roll.put({ holder, seq: 1, takenAt: now - 30 * DAY, rows: [{ segmentId, index }], telling, bytes: 100 })
  }
  const lost = new Set<PeerId>()
  const provenAt = new Map<PeerId, number>()
  const tools = {
    people: { conduct: { of: (peer: PeerId) => ({ ...unknownConduct, checks: [{ shard: 'any', at: provenAt.get(peer) ?? 0 }] }) } },
    known: {
      seen: ({ holder, index }: { readonly holder: PeerId; readonly index: number }) => ({
        index,
        peer: holder,
        standing: 'proven' as const,
        isLost: lost.has(holder),
        lastSeenAt: 0,
        toldAt: 0,
      }),
    },
  }
  const contents = [{ groups: [{ roll, segments: new Map([[0, segment]]) }] }] as unknown as readonly Content[]
  const count = (at = now) => Object.fromEntries(checkedBytes({ contents, ...tools } as unknown as Parameters<typeof checkedBytes>[0], at))
  return { roll, segmentId, lost, provenAt, count }
}

test('[ADM4] a piece counts for its holder once it was read back, for seven days after the last proof, and while the holder is not lost', () => {
  const { roll, segmentId, lost, count } = desk()
  expect(count()).toEqual({})
  roll.noteChecked(ada, now - DAY, segmentId)
  roll.noteChecked(bob, now - 8 * DAY, segmentId)
  expect(count()).toEqual({ ada: 500 })
  expect(count(now + 5 * DAY)).toEqual({ ada: 500 })
  expect(count(now + 7 * DAY)).toEqual({})
  lost.add(ada)
  expect(count()).toEqual({})
})

test('[ADM4] a proof of any other piece lately keeps an older one counted, and a look in vain ends it', () => {
  const { roll, segmentId, provenAt, count } = desk()
  roll.noteChecked(bob, now - 20 * DAY, segmentId)
  provenAt.set(bob, now - DAY).set(eve, now - DAY)
  expect(count()).toEqual({ bob: 500 })
  roll.noteFailed(bob, segmentId)
  expect(count()).toEqual({})
})
