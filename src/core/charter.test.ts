import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { checkCharter, checkTombstone, newerPaper, nextSeq, signCharter, signTombstone, type Paper } from './charter.ts'
import { groupIdOf } from './group.ts'
import { brandBytes, type GroupKey, type GroupSeed, type SegmentId } from './ids.ts'
import { groupKeyOf } from './keys.ts'
import vectors from './vectors/charter.json'
import tombstones from './vectors/tombstone.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'

const now = vectors.now
const seed = brandBytes<GroupSeed>(fromHex(vectors.seed))
const groupKey = groupKeyOf(seed)

describe('charter', () => {
  it.each(vectors.valid)('[CHA1] reads and signs $name', ({ bytes, value, groupId }) => {
    const paper = checkCharter(fromHex(bytes), now)
    expect(paper.is === 'charter' && plain(paper.charter)).toEqual(value)
    expect(hex(paper.groupId)).toBe(groupId)
    expect(paper.seq).toBe(value.seq)
    expect(paper.is === 'charter' && hex(signCharter(seed, paper.charter))).toBe(bytes)
  })

  it.each(vectors.invalid)('[CHA3] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkCharter(fromHex(bytes), now))).toBe(error)
  })

  it('[CHA4] accepts a charter from the future once its time has come', () => {
    const early = fromHex(vectors.invalid.find(({ name }) => name === 'seq 72 h and 1 ms ahead')?.bytes ?? '')
    expect(checkCharter(early, now + 1).seq).toBe(now + 259_200_001)
  })

  it('[CHA1] accepts no hostile edit', () => {
    const good = fromHex(vectors.valid[2]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkCharter(bad, now))),
      { numRuns: 100_000 },
    )
  })
})

describe('tombstone', () => {
  it.each(tombstones.valid)('[TMB1] reads and signs $name', ({ bytes, value }) => {
    const paper = checkTombstone(fromHex(bytes), tombstones.now)
    expect(paper).toMatchObject({ is: 'tombstone', seq: value.seq, groupKey: fromHex(value.groupKey), groupId: groupIdOf(groupKey) })
    expect(hex(signTombstone(seed, { groupKey, seq: value.seq }))).toBe(bytes)
  })

  it.each(tombstones.invalid)('[TMB2] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkTombstone(fromHex(bytes), tombstones.now))).toBe(error)
  })

  it('[TMB1] accepts no hostile edit', () => {
    const good = fromHex(tombstones.valid[0]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkTombstone(bad, now))),
      { numRuns: 100_000 },
    )
  })
})

describe('order of papers', () => {
  // The range of seqs is small, so that equal ones and revivals of exactly one tombstone are drawn often.
  const seq = fc.nat(8)
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 2 }).map((array) => new Uint8Array(array))
  const groupId = groupIdOf(groupKey)
  const tombstone: fc.Arbitrary<Paper> = fc
    .record({ is: fc.constant('tombstone' as const), seq, bytes })
    .map((drawn) => ({ ...drawn, groupKey, groupId }))
  const charter: fc.Arbitrary<Paper> = fc
    .tuple(seq, fc.option(seq), bytes)
    .filter(([own, revive]) => revive === null || revive < own)
    .map(([own, revive, encoded]) => ({
      is: 'charter',
      groupKey,
      groupId,
      seq: own,
      bytes: encoded,
      charter: { groupKey, seq: own, until: 1, grace: 0, root: null, retired: [], ...(revive === null ? {} : { revive }) },
    }))
  const paper = fc.oneof(tombstone, charter)
  const isSame = (a: Paper, b: Paper) => a.is === b.is && a.seq === b.seq && hex(a.bytes) === hex(b.bytes) && reviveOf(a) === reviveOf(b)

  it('[TMB3] a tombstone yields exactly to a charter that revives it', () => {
    fc.assert(
      fc.property(
        tombstone,
        charter,
        (dead, alive) => (newerPaper(dead, alive).is === 'charter') === (alive.seq > dead.seq && reviveOf(alive) >= dead.seq),
      ),
    )
  })

  it('[TMB3] among charters of the same revival the higher seq wins, then the lower hash', () => {
    fc.assert(fc.property(charter, charter, (a, b) => reviveOf(a) !== reviveOf(b) || newerPaper(a, b).seq === Math.max(a.seq, b.seq)))
    const one = checkCharter(signCharter(seed, fields({ until: 1 })), now)
    const two = checkCharter(signCharter(seed, fields({ until: 2 })), now)
    expect(isSame(newerPaper(one, two), newerPaper(two, one))).toBe(true)
  })

  it('[TMB3] the winner does not depend on which paper comes first', () => {
    fc.assert(fc.property(paper, paper, (a, b) => isSame(newerPaper(a, b), newerPaper(b, a))))
  })

  it('[TMB3] the winner of many does not depend on the order they arrive in, nor on repetitions', () => {
    fc.assert(
      fc.property(fc.array(paper, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), (papers, stream) => {
        const others = papers.map((one) => ({ one, key: stream.next().value })).toSorted((a, b) => a.key - b.key)
        const first = papers.reduce((a, b) => newerPaper(a, b))
        const second = [...others, ...others].map(({ one }) => one).reduce((a, b) => newerPaper(a, b))
        return isSame(first, second)
      }),
    )
  })

  it('[CHA2] a next seq is above the last one and at least the clock', () => {
    expect(nextSeq(undefined, 1000)).toBe(1000)
    expect(nextSeq(999, 1000)).toBe(1000)
    expect(nextSeq(1000, 1000)).toBe(1001)
    expect(nextSeq(5000, 1000)).toBe(5001)
  })

  it('[CHA1] signs with its own key only', () => {
    const stranger: GroupKey = groupKeyOf(brandBytes<GroupSeed>(new Uint8Array(32)))
    expect(() => signCharter(seed, fields({ groupKey: stranger }))).toThrow(/broken invariant/)
    expect(() => signTombstone(seed, { groupKey: stranger, seq: 1 })).toThrow(/broken invariant/)
  })

  it('[CHA3] signs nothing that it would refuse to read', () => {
    const segmentId = brandBytes<SegmentId>(new Uint8Array(32))
    const r = new Uint8Array(32)
    expect(codeThrownBy(() => signCharter(seed, fields({ revive: now })))).toBe('format-invalid')
    expect(codeThrownBy(() => signCharter(seed, fields({ root: { kind: 0, segmentId, r } })))).toBe('format-invalid')
    expect(codeThrownBy(() => signCharter(seed, fields({ retired: [segmentId, segmentId] })))).toBe('format-invalid')
  })
})

function fields(change: Partial<Parameters<typeof signCharter>[1]>): Parameters<typeof signCharter>[1] {
  return { groupKey, seq: now, until: now, grace: 0, root: null, retired: [], ...change }
}

function reviveOf(paper: Paper): number {
  return paper.is === 'charter' ? (paper.charter.revive ?? -1) : -1
}
