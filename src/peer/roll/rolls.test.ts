import { runInNewContext } from 'node:vm'
import { setFlagsFromString } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../../core/bytes.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { ranks, type RollRow, type ToldClaim } from './roll.ts'
import { createRolls } from './rolls.ts'

const groupOf = (at: number) => brandBytes<GroupId>(labelledHash('test-group', Uint8Array.of(at >> 8, at & 255)))
const segmentOf = (at: number) => brandBytes<SegmentId>(labelledHash('test-segment', Uint8Array.of(at >> 8, at & 255)))
const peer = (at: number) => `peer ${at}` as PeerId

/** One thing that happens to the roll of a group. */
type Step =
  | { readonly is: 'put'; readonly claim: ToldClaim }
  | { readonly is: 'renew'; readonly holder: PeerId }
  | { readonly is: 'drop'; readonly holder: PeerId }
  | { readonly is: 'checked'; readonly holder: PeerId; readonly segmentId: SegmentId; readonly at: number }
  | { readonly is: 'failed'; readonly holder: PeerId; readonly segmentId: SegmentId }

interface KnownClaim {
  readonly claim: ToldClaim
  isChecked: boolean
  readonly rowBySegment: Map<string, Omit<RollRow, 'holder'>>
}

/** The same as a roll, of plain objects. */
function createNaiveRoll() {
  const claims = new Map<PeerId, KnownClaim>()
  return {
    take(step: Step): void {
      if (step.is === 'put') {
        const { claim } = step
        const before = claims.get(claim.holder)
        const rows = claim.rows.map(({ segmentId, index }): [string, Omit<RollRow, 'holder'>] => {
          const known = before?.rowBySegment.get(hex(segmentId))
          return [hex(segmentId), known?.index === index ? known : { index, toldAt: claim.takenAt, hasFailed: false }]
        })
        claims.delete(claim.holder)
        claims.set(claim.holder, { claim, isChecked: before?.isChecked === true, rowBySegment: new Map(rows) })
        return
      }
      const known = claims.get(step.holder)
      if (!known) return
      if (step.is === 'drop') claims.delete(step.holder)
      if (step.is === 'renew') {
        claims.delete(step.holder)
        claims.set(step.holder, known)
      }
      if (step.is !== 'checked' && step.is !== 'failed') return
      if (step.is === 'checked') known.isChecked = true
      const row = known.rowBySegment.get(hex(step.segmentId))
      if (!row) return
      const next = step.is === 'checked' ? { ...row, checkedAt: step.at, hasFailed: false } : { ...row, hasFailed: true }
      known.rowBySegment.set(hex(step.segmentId), next)
    },
    holders: () => [...claims.keys()],
    find: (holder: PeerId) => claims.get(holder),
    keepersOf: (segmentId: SegmentId) =>
      [...claims].flatMap(([holder, { claim, isChecked, rowBySegment }]) => {
        const row = rowBySegment.get(hex(segmentId))
        return row ? [{ holder, ...row, ...(claim.telling && { rank: claim.telling.rank }), isChecked, takenAt: claim.takenAt }] : []
      }),
  }
}

const holders = fc.nat(5).map(peer)
const segments = fc.nat(4).map(segmentOf)
const seconds = fc.integer({ min: 1, max: 1000 }).map((at) => at * 1000)
const claims = fc
  .record({
    holder: holders,
    seq: fc.nat(),
    takenAt: seconds,
    rows: fc.uniqueArray(fc.record({ segmentId: segments, index: fc.nat(2) }), { selector: ({ segmentId }) => hex(segmentId) }),
    bytes: fc.nat(20_000),
    teller: fc.option(holders, { nil: undefined }),
  })
  .map(({ teller, ...claim }): ToldClaim => ({ ...claim, ...(teller && { telling: { teller, rank: ranks.holder, isPlacers: false } }) }))
const steps = fc.oneof(
  { weight: 3, arbitrary: claims.map((claim): Step => ({ is: 'put', claim })) },
  holders.map((holder): Step => ({ is: 'renew', holder })),
  holders.map((holder): Step => ({ is: 'drop', holder })),
  fc.record({ holder: holders, segmentId: segments, at: seconds }).map((step): Step => ({ is: 'checked', ...step })),
  fc.record({ holder: holders, segmentId: segments }).map((step): Step => ({ is: 'failed', ...step })),
)

describe('the roll of a group', () => {
  it('says of every holder and segment what plain objects say, beside other groups in the same tables', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), steps), { maxLength: 60 }), (all) => {
        const rolls = createRolls()
        const naive = [0, 1, 2].map(createNaiveRoll)
        for (const [group, step] of all) {
          naive[group]?.take(step)
          const roll = rolls.of(groupOf(group))
          if (step.is === 'put') roll.put(step.claim)
          if (step.is === 'renew') roll.renew(step.holder)
          if (step.is === 'drop') roll.drop(step.holder)
          if (step.is === 'checked') roll.noteChecked(step.holder, step.at, step.segmentId)
          if (step.is === 'failed') roll.noteFailed(step.holder, step.segmentId)
        }
        for (const [group, twin] of naive.entries()) {
          const roll = rolls.of(groupOf(group))
          expect(roll.holders()).toEqual(twin.holders())
          expect(roll.has(peer(99))).toBe(false)
          for (const holder of twin.holders()) {
            const { claim, isChecked, rowBySegment } = twin.find(holder) ?? {}
            const { rows: _rows, ...told } = claim ?? { rows: [] }
            expect(roll.find(holder)).toEqual({ ...told, isChecked, rows: rowBySegment?.size })
            expect(roll.has(holder)).toBe(true)
            for (const { segmentId, ...row } of roll.rowsOf(holder)) expect(row).toEqual(roll.rowOf(holder, segmentId))
            expect([...roll.rowsOf(holder)]).toHaveLength(rowBySegment?.size ?? 0)
          }
          for (let at = 0; at < 5; at++) {
            const byHolder = (rows: readonly RollRow[]) => rows.toSorted((a, b) => (a.holder < b.holder ? -1 : 1))
            expect(byHolder(roll.keepersOf(segmentOf(at)))).toEqual(byHolder(twin.keepersOf(segmentOf(at))))
          }
        }
        for (const group of rolls.groups()) rolls.of(group).clear()
        return rolls.groups().length === 0
      }),
      { numRuns: 500 },
    )
  })

  it('has several holders of one index, and forgets the facts of a row when its holder claims another index', () => {
    const roll = createRolls().of(groupOf(1))
    const say = (holder: number, seq: number, index: number) =>
      roll.put({ holder: peer(holder), seq, takenAt: seq * 1000, rows: [{ segmentId: segmentOf(1), index }] })
    say(1, 1, 3)
    say(2, 2, 3)
    roll.noteChecked(peer(1), 5000, segmentOf(1))
    say(1, 3, 3)
    expect(roll.keepersOf(segmentOf(1))).toEqual([
      { holder: 'peer 1', index: 3, toldAt: 1000, checkedAt: 5000, hasFailed: false, isChecked: true, takenAt: 3000 },
      { holder: 'peer 2', index: 3, toldAt: 2000, hasFailed: false, isChecked: false, takenAt: 2000 },
    ])
    say(1, 4, 4)
    expect(roll.rowOf(peer(1), segmentOf(1))).toEqual({ holder: 'peer 1', index: 4, toldAt: 4000, hasFailed: false })
  })

  it('of 10,000 groups of one segment and 32 holders takes at most 25 MB with all others', async () => {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    /** Resolves with the bytes in use once collecting frees no more: buffers are freed a little after their owners. */
    const used = async (): Promise<number> => {
      for (let before = Infinity; ;) {
        if (typeof collect === 'function') collect()
        await new Promise((resolve) => setImmediate(resolve))
        const { heapUsed, arrayBuffers } = process.memoryUsage()
        if (heapUsed + arrayBuffers > before - 50_000) return heapUsed + arrayBuffers
        before = heapUsed + arrayBuffers
      }
    }
    const nameOf = (at: number) => `${hex(labelledHash('test-peer', Uint8Array.of(at >> 8, at & 255))).slice(12)}` as PeerId
    const people = Array.from({ length: 400 }, (_, at) => nameOf(at))
    const telling = { teller: people[0] ?? peer(0), rank: ranks.hearsay, isPlacers: false }
    const before = await used()
    const rolls = createRolls()
    for (let group = 0; group < 10_000; group++) {
      const [roll, segmentId] = [rolls.of(groupOf(group)), segmentOf(group)]
      for (let index = 0; index < 32; index++) {
        const holder = people[(group * 7 + index) % people.length] ?? peer(0)
        roll.put({ holder, seq: 1.7e12 + index, takenAt: 1.7e12, rows: [{ segmentId, index }], telling, bytes: 200 })
      }
    }
    const megabytes = ((await used()) - before) / 1e6
    expect(rolls.groups().length).toBe(10_000)
    expect(megabytes).toBeLessThan(25)
    expect(megabytes).toBeGreaterThan(rolls.bytes() / 1e6)
  })
})
