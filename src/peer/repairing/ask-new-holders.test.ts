import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { peopleToAsk } from './ask-new-holders.ts'
import type { RepairTools } from './repair-tools.ts'

const [self, bob] = ['guardian', 'bob'].map((name): PeerId => createDeviceSigner(createSeededRandom(name).bytes(32)).peerId)
const piece = {
  groupId: brandBytes<GroupId>(new Uint8Array(32)),
  segmentId: brandBytes<SegmentId>(new Uint8Array(32)),
  ...{ index: 0, length: 1, keptAt: 0 },
}

test('[REP7] somebody who lends and has no room left for stores is there for guardians to ask', () => {
  const hello = { isHolder: true, offer: 100_000_000, room: 0 }
  const full = { peer: bob, hello }
  const people = {
    withRoom: () => [],
    lending: () => [full],
    isReachable: () => true,
    conduct: { of: () => ({ isLiar: false, errors: 0, erringSince: 0, checks: [], voidedAt: 0 }) },
  }
  const tools = {
    parts: { network: { self }, policy: defaultPolicy },
    people,
    known: { of: () => [] },
    guarded: { roll: () => undefined },
  } as unknown as RepairTools
  expect(peopleToAsk(tools, piece).map(({ peer }) => peer)).toEqual([bob])
  expect(peopleToAsk({ ...tools, known: { of: () => [{ peer: bob, standing: 'told' }] } } as unknown as RepairTools, piece)).toEqual([])
})
