import { expect, test } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { nextTurn } from '../adapters/memory/turn.ts'
import { HoardError } from '../core/errors.ts'
import { defaultPolicy } from '../core/policy.ts'
import { createChanges } from '../flow/changes.ts'
import { createLateGuardian, type GuardianAsked } from './late-guardian.ts'
import { lateParts, type LoadedGuardian } from './late-parts.ts'
import type { Repairs } from './repairing/repairs.ts'

const SECOND = 1_000

/** A device that lends no room yet, and a load that fails as often as `failures` says. */
function desk({ failures = 0, openFailures = 0 } = {}) {
  const clock = createVirtualClock()
  const changes = createChanges()
  const state = { isOn: false, pieces: 0, loads: 0, opens: 0, runs: 0, wakes: 0 }
  const repairs: Repairs = {
    repairing: async () => undefined,
    facts: () => ({ placed: 7, fetchedBytes: 0, sentBytes: 0 }),
    waitingBytes: () => 5,
    wake: () => void state.wakes++,
    run: async () => void state.runs++,
  }
  const holder = { facts: () => state, watch: changes.watch, guarded: { isKept: () => false, find: () => undefined } }
  const asked = { parts: { clock, policy: defaultPolicy }, people: { papers: clock }, holder } as unknown as GuardianAsked
  const openRepairs: LoadedGuardian['openRepairs'] = async () => {
    if (++state.opens <= openFailures) throw new HoardError('storage-unavailable')
    return repairs
  }
  const load = async (): Promise<LoadedGuardian> => {
    if (++state.loads <= failures) throw new TypeError('the script did not come')
    return { openRepairs }
  }
  const closing = new AbortController()
  const guardian = createLateGuardian(asked, load, closing.signal)
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await nextTurn()
  }
  return { clock, changes, state, guardian, closing, settle }
}

test('the guardian is loaded once its device lends room or keeps a piece, and not before', async () => {
  for (const change of [{ isOn: true }, { pieces: 1 }]) {
    const { changes, state, guardian, closing, settle } = desk()
    const running = guardian.run(closing.signal)
    await settle()
    guardian.wake()
    expect([state.loads, guardian.facts().placed, guardian.waitingBytes()]).toEqual([0, 0, 0])
    Object.assign(state, change)
    changes.tell()
    await running
    expect([state.loads, state.runs, guardian.facts().placed, guardian.waitingBytes()]).toEqual([1, 1, 7, 5])
    guardian.wake()
    expect(state.wakes).toBe(1)
  }
})

test('a load that fails is tried again after 15 s, then after twice as long each time, and at once when the device wakes', async () => {
  const { clock, state, guardian, closing, settle } = desk({ failures: 4, openFailures: 1 })
  state.isOn = true
  const running = guardian.run(closing.signal)
  await settle()
  expect(state.loads).toBe(1)
  for (const [waitMs, loads] of [
    [15, 2],
    [30, 3],
  ] as const) {
    await clock.advance(waitMs * SECOND - 1)
    await settle()
    expect(state.loads).toBe(loads - 1)
    await clock.advance(1)
    await settle()
    expect(state.loads).toBe(loads)
  }
  guardian.wake()
  await settle()
  expect(state.loads).toBe(4)
  // What the disk does not give now, it may give later.
  guardian.wake()
  await settle()
  expect([state.loads, state.opens, state.runs]).toEqual([5, 1, 0])
  guardian.wake()
  await running
  expect([state.loads, state.opens, state.runs]).toEqual([6, 2, 1])
})

test('a device that closes stops waiting', async () => {
  const { closing, guardian, settle } = desk()
  const running = guardian.run(closing.signal)
  await settle()
  closing.abort(new HoardError('stream-closed'))
  await expect(running).rejects.toThrow('stream-closed')
})

test('the module that is loaded late opens the guardian', async () => {
  expect((await lateParts.loadGuardian()).openRepairs).toBeTypeOf('function')
})
