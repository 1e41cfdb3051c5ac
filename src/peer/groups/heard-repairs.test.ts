import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { brandBytes, type PeerId, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { createChanges } from '../../flow/changes.ts'
import { createHeardRepairs } from './heard-repairs.ts'

const { claimMs } = defaultPolicy.guardian
const segment = (at: number) => brandBytes<SegmentId>(new Uint8Array(32).map((_, place) => (place < 2 ? at >> (8 * place) : 7)))
const peer = (at: number) => `peer ${at}` as PeerId

function desk() {
  const clock = createVirtualClock()
  const changes = createChanges()
  let told = 0
  changes.watch(() => told++)
  const repairs = createHeardRepairs(clock, defaultPolicy, changes, new AbortController().signal)
  const say = (by: number, ms = claimMs, at = 0, need: 'short' | 'whole' = 'short') =>
    repairs.note(peer(by), { segmentId: segment(at), course: { is: 'under way', until: clock.now() + ms } }, need)
  return { clock, repairs, say, told: () => told, isUnderWay: (at = 0) => repairs.isUnderWay(segment(at)) }
}

test('[GRO8, RPR5] however many people say it, one shortage is left to them for two claimMs in all, and the page hears when it is over', async () => {
  const { clock, say, isUnderWay, told } = desk()
  for (let by = 0; by < 40; by++) {
    say(by)
    await clock.advance(claimMs / 10)
    expect(isUnderWay()).toBe(by < 19)
  }
  const before = told()
  say(99)
  expect([isUnderWay(), told()]).toEqual([false, before])
})

test('[GRO8] the bound begins anew only once the segment was whole', async () => {
  const { clock, say, isUnderWay } = desk()
  say(1)
  await clock.advance(3 * claimMs)
  say(2)
  expect(isUnderWay()).toBe(false)
  say(3, claimMs, 0, 'whole')
  expect(isUnderWay()).toBe(true)
})

test('[GRO8] words about 1,024 segments are remembered, those that hold before those that are over', async () => {
  const { clock, say, isUnderWay } = desk()
  for (let at = 0; at < 1_024; at++) say(1, at === 5 ? 1_000 : claimMs, at)
  say(1, claimMs, 2_000)
  expect(isUnderWay(2_000)).toBe(false)
  await clock.advance(2_000)
  say(1, claimMs, 2_000)
  expect([isUnderWay(2_000), isUnderWay(5), isUnderWay(0)]).toEqual([true, false, true])
})
