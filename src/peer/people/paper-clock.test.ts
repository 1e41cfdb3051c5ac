import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { createPaperClock } from './paper-clock.ts'

const DAY = 86_400_000

/** A clock `aheadMs` ahead, and what people who are here tell: how far their clocks are ahead of that, milliseconds. */
function clockAmong(offsets: readonly number[]) {
  const clock = createVirtualClock()
  const people = offsets.map((offsetMs, at) => ({
    peer: createDeviceSigner(new Uint8Array(32).fill(at + 1)).peerId,
    offsetMs,
    leadMs: clock.now() - clock.ran(),
  }))
  const { confirmed } = createPaperClock(clock, () => people)
  const time = confirmed()
  return time === undefined ? undefined : (time - clock.now()) / DAY
}

test.each([
  ['nobody', [], undefined],
  ['one person', [0], 0],
  ['one person, 400 days behind this device', [-400 * DAY], -400],
  ['two people, one of them behind', [0, -400 * DAY], -400],
  ['three people, one of them behind', [0, -400 * DAY, 0], 0],
  ['three people, all of them 400 days behind', [-400 * DAY, -400 * DAY, -400 * DAY], -400],
  ['three people who are ahead', [3 * DAY, 3 * DAY, 3 * DAY], 0],
])('[CLK4] among %s what is removed for good is dated by the earlier clock', (_name, offsets, days) => {
  expect(clockAmong(offsets)).toBe(days)
})

test('[CLK5] what passed counts from the date before until one that was set forward has stood for two looks, and at once where it was set back', async () => {
  const clock = createVirtualClock()
  let aheadMs = 0
  const now = (): number => clock.now() + aheadMs
  const papers = createPaperClock({ now, ran: () => clock.ran() }, () => [])
  const aheadOf = (): number => (papers.passed() - clock.now()) / DAY
  aheadMs = 400 * DAY
  expect([aheadOf(), papers.now() - now()]).toEqual([0, 0])
  papers.look()
  await clock.advance(60_000)
  expect(aheadOf()).toBe(0)
  papers.look()
  expect(aheadOf()).toBe(400)
  aheadMs = -3 * DAY
  expect(aheadOf()).toBe(-3)
})

test('[CLK5] people who were heard since a date was set forward correct it before it counts', () => {
  const clock = createVirtualClock()
  let [aheadMs, leadMs] = [0, clock.now() - clock.ran()]
  const now = (): number => clock.now() + aheadMs
  const people = [1, 2, 3].map((at) => createDeviceSigner(new Uint8Array(32).fill(at)).peerId)
  const papers = createPaperClock({ now, ran: () => clock.ran() }, () => people.map((peer) => ({ peer, offsetMs: -aheadMs, leadMs })))
  aheadMs = 400 * DAY
  const passed: number[] = []
  for (let look = 0; look < 3; look++) {
    passed.push(papers.passed() - clock.now())
    papers.look()
    leadMs = now() - clock.ran()
  }
  expect([...passed, papers.now() - clock.now()]).toEqual([0, 0, 0, 0])
})
