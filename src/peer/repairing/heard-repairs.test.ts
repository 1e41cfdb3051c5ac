import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { brandBytes, type PeerId, type SegmentId } from '../../core/ids.ts'
import { outcome } from '../../sim/holder.rig.ts'
import { createHeardRepairs } from './heard-repairs.ts'

const [HOUR, MINUTE] = [3_600_000, 60_000]
const segmentNumber = (number: number): SegmentId => brandBytes<SegmentId>(new Uint8Array(32).fill(number))
const segmentId = segmentNumber(1)
const peerNumber = (number: number): PeerId => createDeviceSigner(createSeededRandom(`peer ${number}`).bytes(32)).peerId

function desk(holders: readonly PeerId[]) {
  const clock = createVirtualClock()
  const state = { epoch: 1, aheadMs: 0, near: undefined as PeerId | undefined }
  const heard = createHeardRepairs({
    clock,
    now: () => clock.now() + state.aheadMs,
    epoch: () => state.epoch,
    claimMs: HOUR,
    rankDelayMs: 5 * MINUTE,
    isKept: (id) => id[0] !== 9,
    isHolder: (_id, peer) => holders.includes(peer),
    isOwnerNear: (_id, peer) => peer === state.near,
  })
  const say = (peer: PeerId, untilMs = HOUR, id = segmentId) =>
    heard.repairing(peer, { segmentId: id, course: { is: 'under way', until: clock.now() + state.aheadMs + untilMs } })
  const leftMs = (urgency: 'urgent' | 'not urgent' = 'not urgent') => (heard.goesOnUntil(segmentId, urgency) ?? clock.ran()) - clock.ran()
  return { clock, state, heard, say, leftMs }
}

const [ada, bob, cyd] = [peerNumber(1), peerNumber(2), peerNumber(3)]

test('[RPR5] the word of a holder holds as long as it says and for claimMs at most, and once in an epoch', async () => {
  const { clock, state, say, leftMs } = desk([ada, bob])
  await say(ada, 10 * HOUR)
  expect(leftMs()).toBe(HOUR)
  await clock.advance(30 * MINUTE)
  await say(ada)
  expect(leftMs()).toBe(30 * MINUTE)
  await say(bob)
  expect(leftMs()).toBe(HOUR)
  state.epoch++
  await say(ada)
  await clock.advance(HOUR)
  await say(bob)
  // Two hours since the first word, whoever speaks.
  expect(leftMs()).toBe(30 * MINUTE)
})

test('[RPR11] an urgent segment is left alone for the delay of one rank after each word and each new piece', async () => {
  const { clock, heard, say, leftMs } = desk([ada])
  await say(ada)
  expect(leftMs('urgent')).toBe(5 * MINUTE)
  await clock.advance(4 * MINUTE)
  heard.noteProgress(segmentId)
  expect(leftMs('urgent')).toBe(5 * MINUTE)
  await clock.advance(5 * MINUTE)
  expect(leftMs('urgent')).toBe(0)
  expect(leftMs()).toBeGreaterThan(0)
})

test('[RPR11] the owner is waited for where that is urgent as well, as long as its word holds and it is near', async () => {
  const { clock, state, say, leftMs } = desk([ada])
  state.near = ada
  await say(ada)
  for (let passed = 0; passed < 55; passed += 5) {
    expect(leftMs('urgent')).toBe(5 * MINUTE)
    await clock.advance(5 * MINUTE)
  }
  state.near = undefined
  expect(leftMs('urgent')).toBe(0)
  state.near = ada
  await clock.advance(5 * MINUTE)
  expect(leftMs('urgent')).toBe(0)
})

test('[RPR11] a repair of which new pieces are heard goes on for claimMs after each', async () => {
  const { clock, heard, say, leftMs } = desk([ada])
  await say(ada)
  for (let piece = 0; piece < 5; piece++) {
    await clock.advance(50 * MINUTE)
    heard.noteProgress(segmentId)
    expect(leftMs()).toBe(HOUR)
  }
  await clock.advance(HOUR)
  heard.noteProgress(segmentId)
  expect(leftMs()).toBe(0)
})

test('[RPR5] "done" and "given up" end the wait for the one who says it, and for nobody else', async () => {
  for (const is of ['done', 'given up'] as const) {
    const { heard, say, leftMs } = desk([ada, bob])
    await say(ada)
    await heard.repairing(bob, { segmentId, course: { is } })
    expect(leftMs()).toBe(HOUR)
    await heard.repairing(ada, { segmentId, course: { is } })
    expect(leftMs()).toBe(0)
  }
})

test('[SYN5] nothing is believed of somebody who keeps no piece of the segment, and of a strange segment nothing is known', async () => {
  const { heard, say, leftMs } = desk([ada])
  await say(cyd)
  expect([leftMs(), heard.guardianOf(segmentId, 'not urgent')]).toEqual([0, undefined])
  expect(await outcome(say(ada, HOUR, segmentNumber(9)))).toBe('UNKNOWN')
})

test('[SYN5] the words of one peer are taken 1,024 at once and one a second after that', async () => {
  const { clock, say } = desk([ada])
  for (let word = 0; word < 1_024; word++) await say(ada)
  expect(await outcome(say(ada))).toBe('RATE')
  expect(await outcome(say(bob))).toBe('done')
  await clock.advance(2_000)
  expect([await outcome(say(ada)), await outcome(say(ada)), await outcome(say(ada))]).toEqual(['done', 'done', 'RATE'])
})

test('[RPR5] a clock that is wrong by 400 days either way holds up nobody for longer', async () => {
  for (const days of [400, -400]) {
    const { clock, heard, leftMs } = desk([ada])
    await heard.repairing(ada, { segmentId, course: { is: 'under way', until: clock.now() + days * 24 * HOUR } })
    expect(leftMs()).toBe(days > 0 ? HOUR : 0)
  }
})

test('[RPR5, SYN5] of 10,000 hostile words none holds up a repair but those of its holders, and those for claimMs at most', async () => {
  const { clock, heard, leftMs } = desk([ada])
  const ofStrangers = Array.from({ length: 1_500 }, (_, at) => peerNumber(at + 10))
  let told = 0
  heard.watch(() => told++)
  const until = fc.oneof(
    fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR }).map((ms) => Math.max(0, clock.now() + ms)),
    fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
  )
  const course = fc.oneof(
    until.map((at) => ({ is: 'under way', until: at }) as const),
    fc.constantFrom({ is: 'done' } as const, { is: 'given up' } as const),
  )
  const segment = fc.oneof(
    fc.constant(segmentId),
    fc.constant(segmentNumber(9)),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((drawn) => brandBytes<SegmentId>(Uint8Array.of(9, ...drawn.subarray(1)))),
  )
  const word = fc.record({ peer: fc.constantFrom(...ofStrangers), said: fc.record({ segmentId: segment, course }) })
  await fc.assert(
    fc.asyncProperty(word, async ({ peer, said }) => {
      const result = await outcome(heard.repairing(peer, said))
      return told === 0 && leftMs() === 0 && (said.segmentId[0] === 9 ? result === 'UNKNOWN' : result === 'done')
    }),
    { numRuns: 10_000 },
  )
  // The same words in the mouth of a holder, without end and in each epoch.
  const words = fc.sample(course, { numRuns: 1_000, seed: 1 })
  for (const each of words) {
    await outcome(heard.repairing(ada, { segmentId, course: each }))
    expect(leftMs()).toBeLessThanOrEqual(HOUR)
  }
})
