import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { MAX_COMPARED, COMPARED_AT_ONCE } from '../../protocol/limits.ts'
import type { ComparedRow } from '../../protocol/sync-messages.ts'
import { outcome } from '../../sim/holder.rig.ts'
import { createCompareAnswers } from './compare-answers.ts'
import { groupsWithoutPapers } from './compared-groups.rig.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { digestsOf } from './group-digests.ts'
import { createKnownDigests } from './known-digests.ts'
import { createRolls } from './rolls.ts'

const groupOf = (at: number) => brandBytes<GroupId>(labelledHash('test-group', Uint8Array.of(at >> 8, at & 255)))
const peer = (at: number) => `peer ${at}` as PeerId
const KNOWN = 20

/** Returns 20 groups of four holders each, the answers about them, and how often a paper was looked up. */
function answering(speaksFor: (groupId: GroupId) => boolean = () => true) {
  const clock = createVirtualClock()
  const rolls = createRolls()
  for (let at = 0; at < KNOWN; at++) {
    for (let holder = 0; holder < 4; holder++) rolls.of(groupOf(at)).put({ holder: peer(holder), seq: at, takenAt: 0, rows: [] })
  }
  const known = new Set(rolls.groups().map(String))
  const count = { papers: 0 }
  const groups: ComparedGroups = {
    ...groupsWithoutPapers(rolls, () => void count.papers++),
    isKnown: (groupId) => known.has(String(groupId)),
  }
  const rowOf = (at: number): ComparedRow => ({ groupId: groupOf(at), ...digestsOf(undefined, rolls.of(groupOf(at))) })
  return {
    clock,
    rolls,
    count,
    rowOf,
    ...createCompareAnswers(
      groups,
      clock,
      createKnownDigests(() => groups),
      speaksFor,
    ),
  }
}

describe('answers to COMPARE', () => {
  test('[SYN2] name what differs, with both digests, and what is unknown', async () => {
    const { compare, rowOf, rolls } = answering()
    const [same, stale, strange] = [rowOf(0), rowOf(1), rowOf(KNOWN)]
    rolls.of(groupOf(1)).put({ holder: peer(0), seq: 99, takenAt: 0, rows: [] })
    const { groupId: _groupId, ...newer } = rowOf(1)
    expect(await compare(peer(9), [same, stale, strange])).toEqual({ differing: [{ place: 1, ...newer }], unknown: [2] })
  })

  test('[SYN2] the digest of holders does not depend on the order in which their claims came', () => {
    const [there, back] = [createRolls(), createRolls()]
    const people = Array.from({ length: 30 }, (_, at) => ({ holder: peer(at), seq: at, takenAt: at, rows: [] }))
    for (const claim of people) there.of(groupOf(0)).put(claim)
    for (const claim of people.toReversed()) back.of(groupOf(0)).put(claim)
    expect(digestsOf(undefined, there.of(groupOf(0)))).toEqual(digestsOf(undefined, back.of(groupOf(0))))
  })

  test('[SYN6] a device that waits to be compared itself vouches for nothing', async () => {
    const { compare, rowOf } = answering(() => false)
    expect(await compare(peer(9), [rowOf(0), rowOf(1)])).toEqual({ differing: [], unknown: [0, 1] })
  })

  test('[SYN3] 10,000 generated rows change nothing here, and cost one look at the paper of each known group', async () => {
    const { compare, count, rolls } = answering()
    const before = rolls.bytes()
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => new Uint8Array(drawn))
    const row = fc.record({
      groupId: fc.oneof(
        fc.nat(2 * KNOWN).map((at) => groupOf(at)),
        bytes(32).map((drawn) => brandBytes<GroupId>(drawn)),
      ),
      paper: bytes(8),
      holders: bytes(8),
    })
    const rows = fc.sample(row, { numRuns: 10_000, seed: 1 })
    let answered = 0
    for (let at = 0; at < rows.length; at += MAX_COMPARED) {
      const { differing, unknown } = await compare(peer(9), rows.slice(at, at + MAX_COMPARED))
      answered += differing.length + unknown.length
    }
    expect([answered, count.papers, rolls.groups().length, rolls.bytes()]).toEqual([10_000, KNOWN, KNOWN, before])
  })

  test('[SYN8] 10,000 generated lists of sums change nothing here, and what one peer may ask for is bounded', async () => {
    const { sums, count, rolls } = answering()
    const before = rolls.bytes()
    const sum = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((drawn) => new Uint8Array(drawn))
    const lists = fc.nat(4).chain((power) => fc.array(sum, { minLength: 2 ** power, maxLength: 2 ** power }))
    const results = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(lists, fc.nat(2_000), async (list, from) => {
        const answer = await outcome(sums(peer(from), list))
        results.set(answer, (results.get(answer) ?? 0) + 1)
        return rolls.bytes() === before && rolls.groups().length === KNOWN
      }),
      { numRuns: 10_000 },
    )
    for (let asked = 0; asked < 1_000; asked++) {
      const answer = await outcome(sums(peer(9_999), [new Uint8Array(8)]))
      results.set(answer, (results.get(answer) ?? 0) + 1)
    }
    expect([count.papers, [...results.keys()].toSorted()]).toEqual([KNOWN, ['RATE', 'done']])
  })

  test('[SYN3] a peer that compares without end hears RATE, others do not, and time gives it rows again', async () => {
    const { compare, rowOf, clock } = answering()
    const rows = Array<ComparedRow>(MAX_COMPARED).fill(rowOf(0))
    for (let asked = 0; asked < COMPARED_AT_ONCE; asked += MAX_COMPARED) await compare(peer(9), rows)
    expect(await outcome(compare(peer(9), rows))).toBe('RATE')
    expect(await outcome(compare(peer(8), rows))).toBe('done')
    await clock.advance(256_000)
    expect(await outcome(compare(peer(9), rows))).toBe('done')
  })
})
