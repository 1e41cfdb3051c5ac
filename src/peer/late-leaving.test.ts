import { expect, test } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { nextTurn } from '../adapters/memory/turn.ts'
import type { HandOver, LeavingAsked } from './leaving/hand-over.ts'
import { createLateLeaving } from './late-leaving.ts'
import { lateParts } from './late-parts.ts'

/** A device with a wish of an earlier run or none, and a load that fails as often as `failures` says. */
function desk({ hasWish = false, failures = 0 } = {}) {
  const clock = createVirtualClock()
  const state = { loads: 0, steps: [] as string[] }
  const handOver: HandOver = { facts: () => undefined, step: async (said) => void state.steps.push(said) }
  const catalog = { get: async () => (hasWish ? new Uint8Array(1) : undefined) }
  const closing = new AbortController()
  const leaving = createLateLeaving(
    { parts: { clock, catalog } } as unknown as LeavingAsked,
    async () => {
      if (++state.loads <= failures) throw new TypeError('the script did not come')
      return { openHandOver: async () => handOver }
    },
    closing.signal,
  )
  return { clock, state, leaving, signal: closing.signal }
}

test('what hands over is loaded for a wish of an earlier run, again when that fails, and not without one', async () => {
  const none = desk()
  await none.leaving.resume(none.signal)
  expect(none.state.loads).toBe(0)
  const { clock, state, leaving, signal } = desk({ hasWish: true, failures: 2 })
  const resumed = leaving.resume(signal)
  for (const seconds of [15, 30]) {
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    await clock.advance(seconds * 1_000)
  }
  await resumed
  expect(state.loads).toBe(3)
})

test('what hands over is loaded when the person says so, once, and anew after it did not come', async () => {
  const { state, leaving } = desk({ failures: 1 })
  await expect(leaving.step('go')).rejects.toThrow('did not come')
  await leaving.step('go')
  await leaving.step('pause')
  expect([state.loads, state.steps]).toEqual([2, ['go', 'pause']])
})

test('the module that is loaded late hands over', async () => {
  expect((await lateParts.loadLeaving()).openHandOver).toBeTypeOf('function')
})
