import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { encodeDescriptor } from '../../core/descriptor.ts'
import { noteChecked, noteError, noteLie, unknownConduct, type Conduct } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupKey, type PeerId, type ShardId } from '../../core/ids.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { People } from '../people/people.ts'
import { blankPerson, type Person } from '../people/person.ts'
import { candidatesFor } from './candidates.ts'
import { newSegment } from './placed-segment.ts'

const clock = createVirtualClock()
const { lostAfterMs } = defaultPolicy.presence
const [honest = '' as PeerId, liar = '' as PeerId, silent = '' as PeerId] = [1, 2, 3].map((fill) => peerIdOf(new Uint8Array(32).fill(fill)))

/** What is known about three people, and about whom something was found out. */
function acquaintanceOf(persons: readonly Person[], conductOf: ReadonlyMap<PeerId, Conduct> = new Map(), partner?: PeerId) {
  const people = {
    withRoom: () => persons,
    isReachable: () => true,
    conduct: { of: (peer: PeerId) => conductOf.get(peer) ?? unknownConduct },
  } as unknown as People
  return {
    parts: { clock, random: createSeededRandom('candidates'), policy: defaultPolicy },
    people,
    isPartner: (peer: PeerId) => peer === partner,
    refusedUntil: new Map<PeerId, number>(),
  }
}

const shardIds = Array.from({ length: 10 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(at + 1)))
const groupKey = brandBytes<GroupKey>(new Uint8Array(32).fill(9))
const segment = newSegment(encodeDescriptor({ k: 2, m: 6, n: 8, sealedLength: 1_000, groupKey, shardIds }))
const persons = [honest, liar, silent].map((peer) => blankPerson(peer, undefined, clock.now))

test('[EVD6] nothing new is offered to somebody who sent wrong bytes, nor to somebody who is there and does not serve, until it serves again', () => {
  const conductOf = new Map<PeerId, Conduct>([[liar, noteLie(unknownConduct)]])
  const acquaintance = acquaintanceOf(persons, conductOf)
  const asked = () => new Set(candidatesFor(acquaintance, segment, () => false))
  expect(asked()).toEqual(new Set([honest, silent]))
  let conduct = unknownConduct
  for (let time = 0; time < 3; time++) conduct = noteError(conduct, 1 + (time * lostAfterMs) / 16)
  conductOf.set(silent, conduct)
  expect(asked()).toEqual(new Set([honest]))
  conductOf.set(silent, noteChecked(conduct, 'a shard', clock.now()))
  expect(asked()).toEqual(new Set([honest, silent]))
})

test('[PLC1] [PRS5] people of the group, then those who keep something here in return, then by what was seen of them', () => {
  const day = 86_400_000
  const seen = (peer: PeerId, thereMs: number): Person => ({
    ...blankPerson(peer, undefined, clock.now),
    metAt: clock.now() - 40 * day,
    habits: { firstSeenAt: clock.now() - 40 * day, lastSeenAt: clock.now(), thereMs, awayMs: day - thereMs, absences: 1 },
  })
  const [steady, seldom] = [seen(honest, 0.99 * day), seen(silent, 0.01 * day)]
  const first = (partner?: PeerId, holder?: PeerId) => {
    const acquaintance = acquaintanceOf([seldom, steady], new Map(), partner)
    return Array.from({ length: 200 }, () => candidatesFor(acquaintance, segment, (peer) => peer === holder)[0])
  }
  // Their weights are 10,000 to 1: an even chance once in 10,000 draws.
  expect(first().filter((peer) => peer === honest).length).toBeGreaterThanOrEqual(199)
  expect(new Set(first(silent))).toEqual(new Set([silent]))
  expect(new Set(first(silent, honest))).toEqual(new Set([honest]))
})
