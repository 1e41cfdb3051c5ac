import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../core/bytes.ts'
import { checkClaim } from '../../../core/claim.ts'
import { HoardError } from '../../../core/errors.ts'
import { tell } from '../../../protocol/group.ts'
import { keptInstead } from '../../../protocol/refusal.ts'
import { askToRepair } from '../../../protocol/repair-shard.ts'
import { claimOf, outcome } from '../../../sim/holder.rig.ts'
import { impostor, repairable, repairRig } from './repair.rig.ts'

const DAY_MS = 86_400_000

/** A film of five pieces with its keepers, the first of whom goes and hands its piece over to Ada. */
async function handoverRig(options: Parameters<typeof repairRig>[0] = {}) {
  const rig = await repairRig(options)
  const [giver, ...others] = rig.keepers
  if (!giver) throw new Error('a giver')
  return { ...rig, giver, others, going: { guardian: giver.network } }
}

describe('a piece that its holder hands over', () => {
  it('[REP9] is taken as it is from its holder, who proves that it keeps it, on the word of two others', async () => {
    const { rig, ada, segment, giver, others, bring, going } = await handoverRig()
    const claim = checkClaim(await bring(0, going), rig.clock.now())
    expect([claim.holder, claim.rows]).toEqual([ada.peer, [{ segmentId: segment.segmentId, index: 0 }]])
    const checked = ada.host
      .roll(segment.groupId)
      .all()
      .filter(({ isChecked }) => isChecked)
    expect(checked.length).toBe(3)
    expect(checked.some(({ holder }) => holder === giver.peer)).toBe(true)
    expect(ada.asked.filter((peer) => others.some((other) => other.peer === peer)).length).toBe(2)
    // The giver has lost nothing by it: what is kept of it ends by its own claim alone.
    expect(giver.host.kept().length).toBe(1)
    // It is booked on nobody.
    expect(ada.host.keptFor(giver.peer)).toBe(0)
  })

  it('[REP9] is taken where a single other person keeps a piece, and where k pieces are left with that of the giver', async () => {
    const { bring, claims, going } = await handoverRig({ count: 2 })
    expect(claims.length).toBe(2)
    await bring(0, going)
  })

  it('[REP9] is BUSY of somebody who claims it and does not keep it, before a byte of it is wanted', async () => {
    const { rig, segment, ada, said, others } = await handoverRig()
    const unknown = async (): Promise<never> => {
      throw new HoardError('not-found')
    }
    const eve = await impostor(rig, 'eve', segment, 0, { read: unknown })
    const claims = [eve.claim, ...others.map(({ claim }) => claim)]
    expect(await said(0, { claims, guardian: eve.network })).toBe('BUSY')
    expect([ada.host.kept(), ada.host.used()]).toEqual([[], 0])
  })

  it('[REP9] is refused where anybody else keeps it, so that one piece does not go to ten people', async () => {
    const { rig, segment, giver, others, bring, going, claims } = await handoverRig()
    const claim = await bring(0, going)
    for (const { peer } of others) await tell(giver.network, rig.clock, peer, { claims: [claim] })
    const second = await repairable(rig, 'second')
    const { descriptor } = segment
    const again = askToRepair(giver.network, rig.clock, second.peer, { descriptor, charter: segment.charter(), claims, index: 0 })
    expect(await again.then(() => undefined, keptInstead)).toBe(0)
    expect(second.host.kept()).toEqual([])
  })

  it('[REP9] is no handover once its bringer has said that it keeps it no more, nor without its own claim', async () => {
    const { rig, segment, ada, giver, owner, said, claims, going, others } = await handoverRig({ count: 4 })
    // Without the claim of the bringer it is a repair, and the witnesses name who keeps the index.
    for (const { peer } of others) await tell(owner, rig.clock, peer, { claims })
    expect(await said(0, { ...going, claims: claims.slice(1) })).toBe('BAD-REQUEST 0')
    const next = rig.ownAgain(rig.own('second part', { k: 2, n: 5 }), 'film')
    await rig.place(owner, ada.peer, next, 0)
    const gone = await claimOf('keeper 0', segment, rig.clock.now() + 1, [{ segmentId: next.segmentId, index: 1 }])
    await tell(owner, rig.clock, ada.peer, { claims: [gone] })
    // Two claims are left of which one is of the index that is brought: with k = 2 the others name one too few.
    expect(await said(0, { ...going, claims: claims.slice(0, 2) })).toBe('BAD-REQUEST')
    expect(giver.host.kept().length).toBe(1)
  })

  it('[REP7] [REP9] counts among what repairs bring in a day: somebody who floods people with pieces fills an eighth of their room', async () => {
    const offer = { isOn: true, offerBytes: 4_000_000 }
    const { said, going, ada } = await handoverRig({ offer, sealedLength: 1_200_000 })
    // The shard takes more than an eighth of the offer.
    expect(await said(0, going)).toBe('QUOTA')
    expect(ada.asked).toEqual([])
    const roomy = await handoverRig({ offer: { isOn: true, offerBytes: 8_000_000 }, sealedLength: 1_200_000 })
    await roomy.bring(0, roomy.going)
  })

  it('[REP7] [REP9] that is more than a day allows is taken on the next one', async () => {
    const offer = { isOn: true, offerBytes: 8_000_000 }
    const { rig, ada, giver, keepers, owner, bring, going } = await handoverRig({ offer, sealedLength: 1_200_000 })
    await bring(0, going)
    const second = rig.own('second', { k: 2, n: 5, sealedLength: 1_200_000 })
    const charter = second.charter({ seq: 2000, until: rig.clock.now() + 10 * DAY_MS })
    const claims: Bytes[] = []
    for (const [index, { peer }] of keepers.entries()) {
      claims.push(await rig.place(owner, peer, second, index))
      await tell(owner, rig.clock, peer, { charter, claims: [] })
    }
    const offerSecond = () => askToRepair(giver.network, rig.clock, ada.peer, { descriptor: second.descriptor, charter, claims, index: 0 })
    expect(await outcome(offerSecond())).toBe('QUOTA')
    await rig.clock.advance(DAY_MS)
    const turn = await offerSecond()
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    await turn.send(second.shards[0] ?? new Uint8Array())
    expect(checkClaim(await turn.finish(), rig.clock.now()).holder).toBe(ada.peer)
  })

  it('[REP9] that is not the piece leaves nothing behind', async () => {
    const { ada, segment, said, going } = await handoverRig()
    const shard = segment.shards[1]
    expect(await said(0, { ...going, ...(shard && { shard }) })).toBe('BAD-REQUEST')
    expect(ada.host.kept()).toEqual([])
  })
})
