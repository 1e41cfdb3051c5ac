import { describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { checkClaim } from '../../core/claim.ts'
import { brandBytes, type SegmentId } from '../../core/ids.ts'
import { askWho, tell } from '../../protocol/group.ts'
import { allClaims, claimOf, outcome, type OwnedSegment, storedRig, tellBySeveral } from '../../sim/holder.rig.ts'

const DAY_MS = 86_400_000

describe('a peer that attacks a holder by what it tells', () => {
  it('[TMB2] a tombstone ends its own group only, in its own time, and only when its owner signed it', async () => {
    const { rig, ada, eve, segment } = await storedRig()
    const say = (tombstone: Bytes) => outcome(tell(eve, rig.clock, ada.peer, { tombstone, claims: [] }))
    expect(await say(rig.own('other').tombstone(5000))).toBe('UNKNOWN')
    expect(await say(segment.tombstone(rig.clock.now() + 3 * DAY_MS + 1))).toBe('BAD-REQUEST')
    const tombstone = segment.tombstone(5000)
    for (let at = 0; at < tombstone.length; at++) {
      const forged = tombstone.map((byte, place) => (place === at ? byte ^ 1 : byte))
      // The news of a peer that goes on forging is soon refused unread.
      expect(['BAD-REQUEST', 'BAD-SIGNATURE', 'UNKNOWN', 'RATE']).toContain(await say(forged))
    }
    // A charter is no tombstone, nor the other way round.
    expect(await say(segment.charter())).toBe('BAD-REQUEST')
    expect(await outcome(tell(eve, rig.clock, ada.peer, { charter: tombstone, claims: [] }))).toBe('BAD-REQUEST')
    expect(ada.host.facts().pieces).toBe(1)
  })

  it('[CLM4] claims that are replayed, or told in the name of the holder itself, change nothing', async () => {
    const { rig, ada, eve, owner, segment } = await storedRig()
    const old = allClaims(await askWho(owner, rig.clock, ada.peer, segment.groupId))
    const bob = await Promise.all([1, 2].map((seq) => claimOf('bob', segment, seq)))
    await tell(owner, rig.clock, ada.peer, { claims: bob })
    const next = rig.ownAgain(rig.own('second part'), 'film')
    await rig.place(owner, ada.peer, next, 0)
    const before = await askWho(owner, rig.clock, ada.peer, segment.groupId)
    await tell(eve, rig.clock, ada.peer, { charter: segment.charter({ seq: 1 }), claims: [...old, ...bob.slice(0, 1)] })
    expect(await askWho(owner, rig.clock, ada.peer, segment.groupId)).toEqual(before)
    const own = allClaims(before)
      .map((claim) => checkClaim(claim, rig.clock.now()))
      .find(({ holder }) => holder === ada.peer)
    expect(own?.rows.length).toBe(2)
  })

  it('[GRO3] a claim on a group of which nothing is kept is not kept either', async () => {
    const { rig, ada, eve, segment } = await storedRig()
    const other = rig.own('other')
    await tell(eve, rig.clock, ada.peer, { claims: [await claimOf('bob', other, 1), await claimOf('bob', segment, 1)] })
    expect(await outcome(askWho(eve, rig.clock, ada.peer, other.groupId))).toBe('UNKNOWN')
    expect(allClaims(await askWho(eve, rig.clock, ada.peer, segment.groupId)).length).toBe(2)
  })

  it('[GRO7] strangers cannot fill the catalog with claims, and the owner still can tell of others', async () => {
    const { rig, ada, eve, owner, segment } = await storedRig()
    const many = rowsOf(segment, 512)
    const before = ada.host.facts().paperBytes
    const say = async (name: string, rows: typeof many) =>
      outcome(tell(eve, rig.clock, ada.peer, { claims: [await claimOf(name, segment, 1, rows)] }))
    // The claim names no segment that this holder keeps: its signature is not even checked.
    const { checks } = ada.host.facts()
    expect(await say('elsewhere', many.slice(1))).toBe('done')
    expect(ada.host.facts()).toMatchObject({ checks, paperBytes: before })
    const results = new Set<string>()
    for (let at = 0; at < 60; at++) results.add(await say(`made up ${at}`, many))
    expect(results).toEqual(new Set(['done', 'QUOTA']))
    expect(ada.host.facts().paperBytes - before).toBeLessThanOrEqual(262_144)
    const bob = await claimOf('bob', segment, 1)
    await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('carol', segment, 1, many), bob] })
    const claims = allClaims(await askWho(owner, rig.clock, ada.peer, segment.groupId))
    expect(claims.some((claim) => equalBytes(claim, bob))).toBe(true)
  })

  it('[GRO4] one stranger tells of 32 people that nobody has checked, and more of them cost no check', async () => {
    const { rig, ada, eve, owner, segment } = await storedRig()
    const made = await Promise.all(Array.from({ length: 40 }, async (_, at) => claimOf(`made up ${at}`, segment, 1)))
    const { checks } = ada.host.facts()
    await tell(eve, rig.clock, ada.peer, { claims: made.slice(0, 36) })
    await tell(eve, rig.clock, ada.peer, { claims: made })
    expect(ada.host.facts().checks - checks).toBe(32)
    const before = await askWho(owner, rig.clock, ada.peer, segment.groupId)
    expect(before.claims.length).toBe(32)
    // Once it is found that somebody among them keeps its piece, there is room for one more.
    const checked = checkClaim(made[0] ?? new Uint8Array(), rig.clock.now())
    await ada.host.noteLook(segment.groupId, checked.holder, { found: 'right', segmentId: segment.segmentId, at: rig.clock.now() })
    await tell(eve, rig.clock, ada.peer, { claims: made })
    expect((await askWho(owner, rig.clock, ada.peer, segment.groupId)).claims.length).toBe(33)
  })

  it('[GRO4] holders that the owner names are crowded out after everybody else', async () => {
    const { rig, ada, owner, segment } = await storedRig()
    const bob = await claimOf('bob', segment, 1)
    await tell(owner, rig.clock, ada.peer, { claims: [bob] })
    const made = await Promise.all(Array.from({ length: 254 }, async (_, at) => claimOf(`made up ${at}`, segment, 1)))
    await tellBySeveral(rig, ada.peer, made)
    const carol = await claimOf('carol', segment, 1)
    await tell(owner, rig.clock, ada.peer, { claims: [bob, carol] })
    const claims = allClaims(await askWho(owner, rig.clock, ada.peer, segment.groupId))
    expect(claims.length).toBe(256)
    for (const claim of [bob, carol]) expect(claims.some((other) => equalBytes(other, claim))).toBe(true)
  })
})

/** Returns rows for the segment and so many made-up ones. */
function rowsOf({ segmentId }: OwnedSegment, count: number) {
  return Array.from({ length: count }, (_, at) => {
    const made = segmentId.slice()
    if (at > 0) made.set([at >> 8, at & 255])
    return { segmentId: brandBytes<SegmentId>(made), index: 1 }
  })
}
