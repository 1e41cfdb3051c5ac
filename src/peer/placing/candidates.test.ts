import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { encodeDescriptor } from '../../core/descriptor.ts'
import { noteChecked, noteError, noteLie, unknownConduct, type Conduct } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupKey, type PeerId, type ShardId } from '../../core/ids.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { People } from '../people/people.ts'
import { blankPerson } from '../people/person.ts'
import { candidatesFor } from './candidates.ts'
import { newSegment } from './placed-segment.ts'

const { lostAfterMs } = defaultPolicy.presence
const [honest = '' as PeerId, liar = '' as PeerId, silent = '' as PeerId] = [1, 2, 3].map((fill) => peerIdOf(new Uint8Array(32).fill(fill)))

test('[EVD6] nothing new is offered to somebody who sent wrong bytes, nor to somebody who is there and does not serve, until it serves again', () => {
  const clock = createVirtualClock()
  const conductOf = new Map<PeerId, Conduct>([[liar, noteLie(unknownConduct)]])
  const persons = [honest, liar, silent].map((peer) => blankPerson(peer, undefined, clock.now))
  const people = {
    withRoom: () => persons,
    isReachable: () => true,
    conduct: { of: (peer: PeerId) => conductOf.get(peer) ?? unknownConduct },
  } as unknown as People
  const shardIds = Array.from({ length: 10 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(at + 1)))
  const groupKey = brandBytes<GroupKey>(new Uint8Array(32).fill(9))
  const segment = newSegment(encodeDescriptor({ k: 2, m: 6, n: 8, sealedLength: 1_000, groupKey, shardIds }))
  const acquaintance = {
    parts: { clock, random: createSeededRandom('candidates'), policy: defaultPolicy },
    people,
    refusedUntil: new Map<PeerId, number>(),
  }
  const asked = () => new Set(candidatesFor(acquaintance, segment, () => false))
  expect(asked()).toEqual(new Set([honest, silent]))
  let conduct = unknownConduct
  for (let time = 0; time < 3; time++) conduct = noteError(conduct, 1 + (time * lostAfterMs) / 16)
  conductOf.set(silent, conduct)
  expect(asked()).toEqual(new Set([honest]))
  conductOf.set(silent, noteChecked(conduct, 'a shard', clock.now()))
  expect(asked()).toEqual(new Set([honest, silent]))
})
