import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createPaceWatch, type ReadLook } from './read-pace.ts'

const none: ReadLook = { cameBytes: 0, isWindowFull: false, areAllBusy: false, isLineFull: undefined }
const byLine: ReadLook = { ...none, isWindowFull: true, isLineFull: true }
const byHolders: ReadLook = { ...none, areAllBusy: true, isLineFull: false }

function watched() {
  const clock = createVirtualClock()
  const watch = createPaceWatch(clock)
  return {
    limit: () => watch.pace().limit,
    rate: () => watch.pace().bytesPerSecond,
    async look(looks: (ms: number) => ReadLook, ms: number) {
      for (const end = clock.ran() + ms; clock.ran() < end; await clock.advance(125)) watch.note(looks(clock.ran()))
    },
    rest: (ms: number) => clock.advance(ms),
  }
}

test('what holds a read back is shown after ten seconds, and no longer than it does', async () => {
  const { look, limit, rest } = watched()
  await look(() => byLine, 10_000)
  expect(limit()).toBe(undefined)
  await look(() => none, 125)
  await look(() => byLine, 125)
  expect(limit()).toBe('line')
  await rest(3_001)
  expect(limit()).toBe(undefined)
})

test('another reason, or a pause, begins anew', async () => {
  const { look, limit, rest } = watched()
  await look(() => byLine, 12_000)
  await look(() => byHolders, 125)
  expect(limit()).toBe(undefined)
  await rest(4_000)
  await look(() => byHolders, 10_000)
  expect(limit()).toBe(undefined)
  await look(() => byHolders, 125)
  expect(limit()).toBe('holders')
})

test('while everybody sends, nobody knows whose line is full: a holder that rests must have said so lately', async () => {
  const { look, limit } = watched()
  await look(() => ({ ...byHolders, isLineFull: undefined }), 20_000)
  expect(limit()).toBe(undefined)
  await look((ms) => ({ ...byHolders, isLineFull: ms % 2_000 === 0 ? false : undefined }), 20_000)
  expect(limit()).toBe('holders')
})

test('a read that was twice as fast before is not said to be held back by people', async () => {
  const { look, limit } = watched()
  await look((ms) => ({ ...none, cameBytes: ms * 1_000 }), 10_000)
  await look((ms) => ({ ...byHolders, cameBytes: 10_000_000 + ms * 100 }), 30_000)
  expect(limit()).toBe(undefined)
  await look((ms) => ({ ...byLine, cameBytes: 14_000_000 + ms * 100 }), 10_500)
  expect(limit()).toBe('line')
})

test('the rate is that of the last eight seconds, also where bytes come in bursts with gaps between', async () => {
  const { look, rate } = watched()
  await look((ms) => ({ ...none, cameBytes: Math.floor(ms / 4_000) * 500_000 }), 40_000)
  expect(rate()).toBeGreaterThan(60_000)
  expect(rate()).toBeLessThan(190_000)
})
