import { describe, expect, it } from 'vitest'
import { checkClaim } from '../../../core/claim.ts'
import { refused } from '../../../protocol/refusal.ts'
import { claimOf, outcome } from '../../../sim/holder.rig.ts'
import { nextTurn } from '../../../adapters/memory/turn.ts'
import { askWho, tell } from '../../../protocol/group.ts'
import { impostor, repairRig } from './repair.rig.ts'

describe('a piece that a guardian brings', () => {
  it('[REP3] is kept and claimed on the word of two who prove themselves, and its holder knows them from then on', async () => {
    const { rig, ada, segment, keepers, bring } = await repairRig()
    const claim = checkClaim(await bring(5), rig.clock.now())
    expect([claim.holder, claim.rows]).toEqual([ada.peer, [{ segmentId: segment.segmentId, index: 5 }]])
    const roll = ada.host.roll(segment.groupId)
    expect(new Set(roll.holders())).toEqual(new Set([ada.peer, ...keepers.map(({ peer }) => peer)]))
    expect(roll.all().filter(({ isChecked }) => isChecked).length).toBe(2)
    // A second one is kept without a byte and without a question.
    const { length } = ada.asked
    expect(checkClaim(await bring(5), rig.clock.now()).rows).toEqual(claim.rows)
    expect(ada.asked.length).toBe(length)
  })

  it('[REP3] is refused with claims that do not fit it, before a signature is checked', async () => {
    const { rig, ada, segment, said, claims } = await repairRig()
    const [first, second] = claims
    if (!first || !second) throw new Error('two claims')
    const other = rig.own('other', { k: 2, n: 5 })
    const self = await claimOf('ada', segment, 1)
    const twin = await claimOf('twin', segment, 1, [{ segmentId: segment.segmentId, index: 0 }])
    const beyond = await claimOf('beyond', segment, 1, [{ segmentId: segment.segmentId, index: 7 }])
    const elsewhere = await claimOf('elsewhere', segment, 1, [{ segmentId: other.segmentId, index: 1 }])
    const strange = await claimOf('strange', other, 1, [{ segmentId: segment.segmentId, index: 1 }])
    for (const wrong of [first, self, twin, beyond, elsewhere, strange])
      expect(await said(5, { claims: [first, wrong] })).toBe('BAD-REQUEST')
    // The index that is brought is not one that it could be made of.
    expect(await said(1, { claims: [first, second] })).toBe('BAD-REQUEST')
    expect(await said(7)).toBe('BAD-REQUEST')
    expect(await said(5, { charter: other.charter() })).toBe('BAD-REQUEST')
    expect([ada.host.facts().checks, ada.asked, ada.host.used()]).toEqual([0, [], 0])
  })

  it('[REP3] is refused with a forged charter or claim, and one that is replaced says nothing', async () => {
    const { rig, ada, segment, owner, keepers, said, claims, bring } = await repairRig()
    const forged = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
    const [first, second] = claims
    if (!first || !second) throw new Error('two claims')
    expect(await said(5, { charter: forged(segment.charter()) })).toBe('BAD-SIGNATURE')
    expect(await said(5, { claims: [first, forged(second)] })).toBe('BAD-SIGNATURE')
    expect(ada.asked).toEqual([])
    // A keeper whose newer claim, known to Ada, names the segment no more.
    const next = rig.ownAgain(rig.own('second part', { k: 2, n: 5 }), 'film')
    await rig.place(owner, ada.peer, next, 0)
    const elsewhere = [{ segmentId: next.segmentId, index: 1 }]
    await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('keeper 1', segment, rig.clock.now() + 1, elsewhere)] })
    expect(keepers[1]?.peer).toBe(checkClaim(second, rig.clock.now()).holder)
    expect(await said(5, { claims: [first, second] })).toBe('BAD-REQUEST')
    await bring(5)
  })

  it('[REP3] is EXPIRED where the shown charter is over or has retired the segment, BUSY before the group is compared, FULL without an offer', async () => {
    const { rig, ada, segment, said } = await repairRig()
    const { segmentId } = segment
    expect(await said(5, { charter: segment.charter({ until: rig.clock.now() - 1 }) })).toBe('EXPIRED')
    const root = { kind: 0, segmentId: rig.own('root').segmentId, r: new Uint8Array() } as const
    expect(await said(5, { charter: segment.charter({ root, retired: [segmentId] }) })).toBe('EXPIRED')
    ada.host.setOffer({ isOn: false, offerBytes: 1_000_000_000 })
    expect(await said(5)).toBe('FULL')
    expect(ada.asked).toEqual([])
    const late = await repairRig({ isServable: () => false })
    expect(await late.said(5)).toBe('BUSY')
    expect(late.ada.asked).toEqual([])
  })

  it('[REP4] of a group that ended a second ago is EXPIRED, and that it ended is known from then on', async () => {
    const { rig, ada, segment, owner, keepers, said } = await repairRig()
    const next = rig.ownAgain(rig.own('second part', { k: 2, n: 5 }), 'film')
    await rig.place(owner, ada.peer, next, 0)
    for (const { peer } of keepers) await tell(owner, rig.clock, peer, { tombstone: segment.tombstone(5000), claims: [] })
    await rig.clock.advance(1_000)
    expect(await said(5)).toBe('EXPIRED')
    expect(ada.host.kept()).toEqual([])
    expect((await askWho(owner, rig.clock, ada.peer, segment.groupId)).paper?.is).toBe('tombstone')
  })

  it('[REP4] of a segment that one of the witnesses knows to be retired is EXPIRED', async () => {
    const { rig, ada, segment, owner, keepers, said } = await repairRig({ count: 2 })
    const root = { kind: 0, segmentId: rig.own('root').segmentId, r: new Uint8Array() } as const
    const charter = segment.charter({ seq: 2000, root, retired: [segment.segmentId] })
    await tell(owner, rig.clock, keepers[0]?.peer ?? ada.peer, { charter, claims: [] })
    expect(await said(5)).toBe('EXPIRED')
    expect(ada.host.used()).toBe(0)
  })

  it('[REP4] brings nothing on the word of people who have nothing, or are not there', async () => {
    const { rig, ada, segment, keepers, said, lasts } = await repairRig()
    const rows = (index: number) => [{ segmentId: segment.segmentId, index }]
    const nobody = await Promise.all([0, 1, 2, 3, 4, 6].map((index) => claimOf(`nobody ${index}`, segment, 1, rows(index))))
    const empty = await Promise.all([0, 1, 2, 3].map((index) => rig.holder(`empty ${index}`)))
    const false_ = await Promise.all(empty.map((_, index) => claimOf(`empty ${index}`, segment, 1, rows(index))))
    expect(await said(5, { claims: nobody })).toBe('BUSY')
    expect(ada.asked.length).toBe(4)
    expect(await said(5, { claims: false_ })).toBe('BUSY')
    expect(ada.host.used()).toBe(0)
    // Nobody but themselves says that they keep something: a claim that was replaced long ago is no false word of its holder.
    for (const { peer } of empty) expect(ada.conduct.of(peer).errors).toBe(0)
    // One of four is too few.
    for (const { peer } of keepers.slice(1)) rig.swarm.kill(peer)
    const work = said(5)
    await lasts(work)
    expect(await work).toBe('BUSY')
  })

  it('[REP4] asks others in the place of those who lie or say UNKNOWN, and holds it against them', async () => {
    const { rig, ada, segment, keepers, claims, begin } = await repairRig({ count: 2 })
    const unknown = async (): Promise<never> => {
      throw refused('UNKNOWN')
    }
    const liar = await impostor(rig, 'liar', segment, 2, { read: async () => ({ bytes: new Uint8Array(65_536), proofs: [[]] }) })
    const idler = await impostor(rig, 'idler', segment, 3, { read: unknown })
    for (let turn = 0; turn < 30 && (ada.liars.size === 0 || ada.conduct.of(idler.peer).errors === 0); turn++) {
      // The claims of two who prove themselves are enough each time, whoever is asked before them.
      const admitted = await begin(5, { claims: [...claims, liar.claim, idler.claim] })
      if (admitted !== 'not spoken' && admitted.is === 'wanted') admitted.abort()
    }
    expect([...ada.liars]).toEqual([liar.peer])
    expect(ada.conduct.of(idler.peer).errors).toBeGreaterThan(0)
    for (const { peer } of keepers) expect(ada.conduct.of(peer)).toMatchObject({ errors: 0, isLiar: false })
  })

  it('[REP4] waits for silent witnesses for less time than the guardian waits for the answer', async () => {
    const { rig, ada, segment, said, lasts } = await repairRig({ count: 2 })
    const silent = await Promise.all([0, 1, 2, 3, 4, 6].map((index) => impostor(rig, `silent ${index}`, segment, index, {})))
    const work = said(5, { claims: silent.map(({ claim }) => claim) })
    expect(await lasts(work)).toBeLessThan(40_000)
    expect(await work).toBe('BUSY')
    expect(ada.asked.length).toBe(4)
  })

  it('[REP4] of one guardian two are looked into at once, and its own word counts where there are too few others', async () => {
    const { rig, ada, segment, begin, lasts, claims, keepers } = await repairRig({ count: 2 })
    const silent = await Promise.all([0, 1, 3].map((index) => impostor(rig, `silent ${index}`, segment, index, {})))
    const hang = { claims: silent.map(({ claim }) => claim) }
    const works = [outcome(begin(4, hang)), outcome(begin(5, hang))]
    while (ada.asked.length < 4) await nextTurn()
    // No time passes until it is refused.
    expect(await outcome(begin(6, hang))).toBe('BUSY')
    expect(ada.asked.length).toBe(4)
    await lasts(Promise.all(works))
    expect(await Promise.all(works)).toEqual(['BUSY', 'BUSY'])
    const guardian = keepers[0]?.network
    if (!guardian) throw new Error('a keeper')
    expect(await outcome(begin(5, { guardian, claims }))).toBe('done')
  })

  it('[REP5] is refused where somebody who is there keeps its index, with that index, and taken once that one is gone', async () => {
    const { rig, ada, keepers, claims, said, lasts } = await repairRig()
    // The guardian leaves out the claim of the one who keeps it; the witnesses do not.
    const [first, second, , fourth] = claims
    if (!first || !second || !fourth) throw new Error('four claims')
    expect(await said(2, { claims: [first, second, fourth] })).toBe('BAD-REQUEST 2')
    expect(await said(2)).toBe('BAD-REQUEST 2')
    expect(ada.host.used()).toBe(0)
    rig.swarm.kill(keepers[2]?.peer ?? ada.peer)
    const work = said(2, { claims: [first, second, fourth] })
    await lasts(work)
    expect(await work).toBe('done')
  })

  it('[REP5] is refused as a copy of what the guardian itself keeps: nobody squats on the places of others', async () => {
    const { rig, ada, keepers, claims, said } = await repairRig()
    const squatter = keepers[3]
    if (!squatter) throw new Error('a keeper')
    expect(await said(3, { guardian: squatter.network, claims: claims.slice(0, 3) })).toBe('BAD-REQUEST 3')
    for (let at = 0; at < 3; at++) {
      const late = rig.join(`late ${at}`)
      expect(await said(3, { guardian: late, claims: claims.slice(0, 3) })).toBe('BAD-REQUEST 3')
    }
    expect(ada.host.used()).toBe(0)
  })
})
