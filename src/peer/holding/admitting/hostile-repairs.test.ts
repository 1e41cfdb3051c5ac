import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editsOf } from '../../../core/vectors/hostile-bytes.rig.ts'
import type { Bytes } from '../../../core/bytes.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import type { RepairRequest } from '../../../protocol/shard-messages.ts'
import { claimOf, outcome } from '../../../sim/holder.rig.ts'
import { repairRig } from './repair.rig.ts'

const HOUR_MS = 3_600_000
const GUARDIANS = 4

test('[REP3] of 10,000 hostile repairs none is admitted, and what they cost is bounded for each guardian', async () => {
  const { rig, ada, segment, claims } = await repairRig()
  const other = rig.own('other', { k: 2, n: 5 })
  const [first, second, third] = claims
  if (!first || !second || !third) throw new Error('three claims')
  const row = (index: number, of = segment) => [{ segmentId: of.segmentId, index }]
  const madeUp = await Promise.all([0, 1, 2, 3].map((index) => claimOf(`made up ${index}`, segment, 1, row(index))))
  const strange = await Promise.all([0, 1].map((index) => claimOf(`strange ${index}`, other, 1, row(index, other))))
  const mixed = await claimOf('mixed', other, 1, row(2))
  const good: RepairRequest = { descriptor: segment.descriptor, charter: segment.charter(), index: 5, claims }
  const root = { kind: 0, segmentId: other.segmentId, r: new Uint8Array() } as const
  const charters: readonly Bytes[] = [
    other.charter(),
    segment.charter({ until: rig.clock.now() - HOUR_MS }),
    segment.charter({ seq: rig.clock.now() + 100 * 24 * HOUR_MS }),
    segment.charter({ root, retired: [segment.segmentId] }),
    segment.tombstone(5000),
  ]
  const claimLists: readonly (readonly Bytes[])[] = [
    [],
    [first],
    [first, first],
    [first, mixed],
    [first, strange[0] ?? first],
    strange,
    madeUp,
    [first, ...madeUp.slice(1)],
  ]
  const badCharter = fc.oneof(fc.constantFrom(...charters), editsOf(good.charter))
  const badDescriptor = fc.oneof(fc.constant(other.descriptor), editsOf(good.descriptor))
  const badClaims = fc.oneof(
    fc.constantFrom(...claimLists),
    editsOf(second).map((edited) => [first, edited, third]),
    editsOf(first).map((edited) => [edited, second, third]),
  )
  const hostile = fc.oneof(
    badCharter.map((charter) => ({ ...good, charter })),
    badDescriptor.map((descriptor) => ({ ...good, descriptor })),
    badClaims.map((each) => ({ ...good, claims: each })),
    fc.constantFrom(0, 1, 2, 3, 7, 8, 254).map((index) => ({ ...good, index })),
    fc.record({ descriptor: badDescriptor, charter: badCharter, index: fc.nat(254), claims: badClaims }),
  )
  const guardians = Array.from({ length: GUARDIANS }, (_, at) => createDeviceSigner(createSeededRandom(`guardian ${at}`).bytes(32)).peerId)
  const results = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom(...guardians), async (request, guardian) => {
      const { admitRepair } = ada.host
      if (!admitRepair) throw new Error('repairs are admitted')
      const said = await outcome(admitRepair(guardian, request))
      results.set(said, (results.get(said) ?? 0) + 1)
      return said !== 'done'
    }),
    { numRuns: 10_000 },
  )
  expect(ada.host.used()).toBe(0)
  expect(ada.host.kept()).toEqual([])
  // No clock ran: each guardian had the checks of one hour, of which six are for each repair that asked somebody.
  expect(ada.host.facts().checks).toBeLessThanOrEqual(GUARDIANS * 1_024)
  expect(ada.asked.length).toBeLessThanOrEqual((GUARDIANS * 1_024) / 6)
  for (const refusal of ['BAD-REQUEST', 'format-invalid', 'signature-invalid', 'EXPIRED', 'BUSY', 'RATE'])
    expect([...results.keys()]).toContain(refusal)
  // After an hour the guardian who is honest is heard again.
  await rig.clock.advance(HOUR_MS)
  expect(await outcome(ada.host.admitRepair?.(guardians[0] ?? ada.peer, good) ?? Promise.reject(new Error('none')))).toBe('done')
}, 120_000)
