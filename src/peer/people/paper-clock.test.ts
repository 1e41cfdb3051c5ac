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
