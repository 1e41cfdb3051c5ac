import { expect, test } from 'vitest'
import { sizeOnDisk } from '../../../adapters/storage/slabs/slab-layout.ts'
import { ranks } from '../../roll/roll.ts'
import { tell } from '../../../protocol/group.ts'
import { askToStore } from '../../../protocol/store-shard.ts'
import { claimOf, nextChange, outcome } from '../../../sim/holder.rig.ts'
import { repairRig, repairable } from './repair.rig.ts'

const YEAR_MS = 365 * 86_400_000
const DAY_MS = 86_400_000

test('[REP7] a repair is booked on nobody and makes its guardian no placer, also after a restart and a year of them', async () => {
  const { rig, ada, gus, segment, bring } = await repairRig()
  await bring(5)
  const isPlainFor = async ({ host, peer }: Pick<typeof ada, 'host' | 'peer'>, name: string) => {
    expect(host.kept().map(({ index }) => index)).toEqual([5])
    expect([host.keptFor(gus.self), host.facts().owners]).toEqual([0, 0])
    await tell(gus, rig.clock, peer, { claims: [await claimOf(name, segment, 1)] })
    const holder = host
      .roll(segment.groupId)
      .all()
      .find(({ telling }) => telling?.teller === gus.self)
    expect(holder?.telling).toEqual({ teller: gus.self, rank: ranks.hearsay, isPlacers: false })
  }
  await isPlainFor(ada, 'bob')
  ada.host.close()
  const again = await repairable(rig, 'ada', { files: ada.files })
  await isPlainFor(again, 'carol')
  // A year on, its allowance of work is still that of a stranger.
  rig.clock.sleep(YEAR_MS)
  const before = again.host.facts().checks
  const forged = (await claimOf('dave', segment, 1)).map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte))
  for (let at = 0; at < 40; at++) await outcome(tell(gus, rig.clock, again.peer, { claims: [forged] }))
  expect(again.host.facts().checks - before).toBe(16)
})

test('[REP7] a tenth of the offer is left to repairs', async () => {
  const { rig, ada, owner, bring } = await repairRig({ sealedLength: 8_192 })
  for (let at = 0; at < 4; at++) await rig.place(owner, ada.peer, rig.own(`film ${at}`), 0)
  const used = ada.host.used()
  // There is room for the piece, but an eighth of the room is too little for it.
  ada.host.setOffer({ isOn: true, offerBytes: used + 100_000 })
  expect([ada.host.facts().roomBytes, await outcome(bring(5))]).toEqual([0, 'QUOTA'])
  ada.host.setOffer({ isOn: true, offerBytes: Math.ceil((used + 2_000) / 0.9) })
  expect(ada.host.facts().roomBytes).toBe(2_000)
  expect(await outcome(rig.place(owner, ada.peer, rig.own('one more', { sealedLength: 8_192 }), 0))).toBe('FULL')
  expect(await outcome(bring(5))).toBe('done')
})

test('[REP7] a guardian brings an eighth of the room in a day, counting what it begins and never finishes', async () => {
  const size = sizeOnDisk(500_000) + 16_384
  const { rig, ada, segment, bring, begin } = await repairRig({ offer: { isOn: true, offerBytes: 20 * size } })
  const second = rig.ownAgain(rig.own('second part', { k: 2, n: 5 }), 'film')
  const third = rig.ownAgain(rig.own('third part', { k: 2, n: 5 }), 'film')
  const parts = await Promise.all([second, third].map(async (part) => ({ part, claims: await claimsOn(rig, part) })))
  const [next, last] = parts
  if (!next || !last) throw new Error('two parts')
  const turn = await begin(5)
  if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
  const isReleased = nextChange(ada.host)
  await turn.send(segment.shards[5]?.subarray(0, 70_000) ?? new Uint8Array())
  await rig.clock.advance(1)
  turn.abort()
  await isReleased
  const of = ({ part, claims }: typeof next) => ({ descriptor: part.descriptor, claims, shard: part.shards[5] ?? new Uint8Array() })
  expect(await outcome(bring(5, of(next)))).toBe('done')
  expect(await outcome(bring(5, of(last)))).toBe('QUOTA')
  // What it began is counted already; another guardian has a part of its own.
  expect(await outcome(bring(5))).toBe('done')
  expect(await outcome(bring(5, { ...of(last), guardian: rig.join('other') }))).toBe('done')
  const more = rig.ownAgain(rig.own('fourth part', { k: 2, n: 5 }), 'film')
  const fourth = of({ part: more, claims: await claimsOn(rig, more) })
  expect(await outcome(bring(5, fourth))).toBe('QUOTA')
  await rig.clock.advance(DAY_MS)
  expect(await outcome(bring(5, { ...fourth, charter: more.charter() }))).toBe('done')
})

test('[REP7] under however many names, guardians bring half of the room in a day, and what is begun and gone takes nothing of it', async () => {
  const size = sizeOnDisk(500_000) + 16_384
  const { rig, ada, begin, bring } = await repairRig({ offer: { isOn: true, offerBytes: 20 * size } })
  const results: string[] = []
  for (let at = 0; at < 11; at++) {
    const part = rig.ownAgain(rig.own(`part ${at}`, { k: 2, n: 5 }), 'film')
    const brought = { descriptor: part.descriptor, claims: await claimsOn(rig, part), shard: part.shards[5] ?? new Uint8Array() }
    const idler = await begin(5, { ...brought, guardian: rig.join(`idler ${at}`) }).catch(() => undefined)
    if (typeof idler === 'object' && idler.is === 'wanted') {
      const isReleased = nextChange(ada.host)
      idler.abort()
      await isReleased
    }
    results.push(await outcome(bring(5, { ...brought, guardian: rig.join(`guardian ${at}`) })))
  }
  const done = results.filter((result) => result === 'done').length
  expect([done >= 9 && done <= 10, results.slice(done)]).toEqual([true, results.slice(done).map(() => 'QUOTA')])
})

test('[REP8] the permit of the owner makes a repaired shard one that it placed', async () => {
  const { rig, ada, owner, segment, bring } = await repairRig()
  await bring(5)
  expect((await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 5))).is).toBe('kept')
  expect(ada.host.keptFor(owner.self)).toBe(segment.shards[5]?.length)
  expect(await outcome(rig.place(owner, ada.peer, segment, 4))).toBe('BAD-REQUEST')
})

test('[REP8] another shard of the segment, with the permit of the owner, takes the place of a repaired one once it is whole', async () => {
  const { rig, ada, owner, segment, bring } = await repairRig()
  await bring(5, { guardian: owner })
  const turn = await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 4))
  if (turn.is !== 'wanted') throw new Error('wanted')
  expect(ada.host.kept().map(({ index }) => index)).toEqual([5])
  await turn.send(segment.shards[4] ?? new Uint8Array())
  await turn.finish()
  expect(ada.host.kept().map(({ index }) => index)).toEqual([4])
  expect(ada.host.keptFor(owner.self)).toBe(segment.shards[4]?.length)
})

/** Places pieces 0 and 1 of a part of the film with holders of their own, and returns their claims. */
async function claimsOn(rig: Awaited<ReturnType<typeof repairRig>>['rig'], part: ReturnType<typeof rig.own>) {
  const owner = rig.join(`owner of ${part.segmentId[0]}`)
  return Promise.all(
    [0, 1].map(async (index) => rig.place(owner, (await rig.holder(`keeper ${part.segmentId[0]} ${index}`)).peer, part, index)),
  )
}
