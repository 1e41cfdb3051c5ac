import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../core/bytes.ts'
import { type ClaimFields, claimMessage, encodeClaim } from '../../core/claim.ts'
import type { PeerId } from '../../core/ids.ts'
import { editsOf } from '../../core/vectors/hostile-bytes.rig.ts'
import type { StoreRequest } from '../../protocol/shard-messages.ts'
import { claimOf, outcome, storedRig } from '../../sim/holder.rig.ts'

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000]
const TELLERS = 2_000

/** Returns tellers drawn by number: thousands of names cost an attacker nothing. */
const tellers: readonly PeerId[] = Array.from(
  { length: TELLERS },
  (_, at) => createDeviceSigner(createSeededRandom(`teller ${at}`).bytes(32)).peerId,
)

test('[TMB2, CHA4, CLM3, CLM4, ADM1] of 10,000 hostile papers, claims and offers about what is kept none deletes, overwrites or takes room', async () => {
  const { rig, ada, eve, owner, segment } = await storedRig()
  const { now } = rig.clock
  await rig.clock.advance(10 * DAY_MS)
  const other = rig.own('other')
  const [oldBob, bob] = [await claimOf('bob', segment, 1), await claimOf('bob', segment, 2)]
  // It was ended once, and revived.
  const charter = segment.charter({ seq: 2_000, revive: 1_500 })
  await ada.host.told(owner.self, { paper: { is: 'charter', bytes: charter }, claims: [bob] })
  const signed = async (name: string, fields: Partial<ClaimFields>): Promise<Bytes> => {
    const signer = createDeviceSigner(createSeededRandom(`peer ${name}`).bytes(32))
    const rows = [{ segmentId: segment.segmentId, index: 1 }]
    const all: ClaimFields = { groupId: segment.groupId, holder: signer.peerId, seq: 9, rows, at: now(), ...fields }
    return encodeClaim(all, await signer.sign(claimMessage(all)))
  }
  const tombstone = segment.tombstone(5_000)
  const future = now() + 4 * DAY_MS
  const root = { kind: 0, segmentId: other.segmentId, r: new Uint8Array() } as const
  const papers: readonly (readonly ['charter' | 'tombstone', Bytes])[] = [
    // Replayed.
    ['charter', segment.charter()],
    ['charter', segment.charter({ seq: 1_999, root, retired: [segment.segmentId] })],
    ['tombstone', segment.tombstone(1_500)],
    // Of another group.
    ['charter', other.charter({ root, retired: [segment.segmentId] })],
    ['tombstone', other.tombstone(5_000)],
    // From the future, and for longer than a charter may live.
    ['charter', segment.charter({ seq: future })],
    ['charter', segment.charter({ seq: 3_000, until: now() + 401 * DAY_MS })],
    ['tombstone', segment.tombstone(future)],
    // One for the other.
    ['charter', tombstone],
    ['tombstone', segment.charter({ seq: 3_000 })],
  ]
  const claims: readonly Bytes[] = [
    oldBob,
    await claimOf('carol', other, 1),
    await claimOf('dora', segment, 1, [{ segmentId: other.segmentId, index: 1 }]),
    await signed('bob', { at: now() + 2 * HOUR_MS }),
    await signed('eve', { holder: ada.peer, seq: 99 }),
    await signed('eve', { holder: createDeviceSigner(createSeededRandom('peer bob').bytes(32)).peerId, seq: 99 }),
  ]
  const permit = segment.permit(ada.peer, 0)
  const good: StoreRequest = { descriptor: segment.descriptor, charter, index: 1, permit: segment.permit(ada.peer, 1) }
  const offers: readonly StoreRequest[] = [
    { ...good, permit },
    { ...good, permit: segment.permit(owner.self, 1) },
    { ...good, permit: segment.permit(ada.peer, 1, other.segmentId) },
    { ...good, permit: other.permit(ada.peer, 1, segment.segmentId) },
    { ...good, charter: other.charter() },
    { ...good, charter: segment.charter({ seq: future }) },
    // A second piece of a segment.
    good,
  ]
  const paper = fc
    .oneof(
      fc.constantFrom(...papers),
      editsOf(charter, 90).map((bytes) => ['charter', bytes] as const),
      editsOf(tombstone, 90).map((bytes) => ['tombstone', bytes] as const),
    )
    .map(([is, bytes]) => ({ is, bytes }) as const)
  const claim = fc.oneof(fc.constantFrom(...claims), editsOf(bob, 90))
  const news = fc.oneof(
    paper.map((each) => ({ paper: each, claims: [] })),
    fc.array(claim, { minLength: 1, maxLength: 3 }).map((each) => ({ claims: each })),
  )
  const offer = fc.oneof(
    fc.constantFrom(...offers),
    editsOf(good.permit ?? permit, 90).map((each) => ({ ...good, permit: each })),
    editsOf(good.descriptor, 90).map((each) => ({ ...good, descriptor: each })),
    editsOf(good.charter, 90).map((each) => ({ ...good, charter: each })),
  )
  const facts = () => {
    const { checks: _checks, ...rest } = ada.host.facts()
    return rest
  }
  const who = async () => ada.host.who(segment.groupId, undefined, 65_536)
  const [before, kept, said] = [facts(), ada.host.kept(), await who()]
  const text = JSON.stringify(before)
  const results = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.oneof(news, offer), fc.constantFrom(...tellers), async (hostile, teller) => {
      const isOffer = 'descriptor' in hostile
      const result = await outcome(isOffer ? ada.host.admit(teller, hostile) : ada.host.told(teller, hostile))
      results.set(result, (results.get(result) ?? 0) + 1)
      return JSON.stringify(facts()) === text && !(isOffer && result === 'done')
    }),
    { numRuns: 10_000 },
  )
  expect(ada.host.kept()).toEqual(kept)
  expect(await who()).toEqual(said)
  expect(ada.host.rolls().length).toBe(1)
  // One teller that forges without end costs 16 checks in an hour.
  const { checks } = ada.host.facts()
  const forged = await signed('eve', { holder: createDeviceSigner(createSeededRandom('peer bob').bytes(32)).peerId, seq: 99 })
  for (let at = 0; at < 1_000; at++) await outcome(ada.host.told(eve.self, { claims: [forged] }))
  expect([ada.host.facts().checks - checks, JSON.stringify(facts()) === text]).toEqual([16, true])
  for (const refusal of ['done', 'BAD-REQUEST', 'UNKNOWN', 'signature-invalid', 'format-invalid'])
    expect([...results.keys()]).toContain(refusal)
  // Its owner is heard all the same.
  await ada.host.told(owner.self, { paper: { is: 'tombstone', bytes: tombstone }, claims: [] })
  expect(ada.host.facts().pieces).toBe(0)
}, 120_000)
