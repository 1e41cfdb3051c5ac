import { expect, it } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { HoardError } from '../../core/errors.ts'
import { refused } from '../../protocol/refusal.ts'
import { createTakers } from './takers.ts'
import type { PeerId } from '../../core/ids.ts'

const [ann, bob] = ['ann', 'bob'] as unknown as readonly [PeerId, PeerId]
const { signal } = new AbortController()

it('[REP10] one piece at a time goes to one person: who comes next waits, or takes somebody else', async () => {
  const takers = createTakers(createVirtualClock())
  expect(await takers.take(() => [ann, bob], signal)).toBe(ann)
  expect(await takers.take(() => [ann, bob], signal)).toBe(bob)
  let third: PeerId | undefined
  void takers.take(() => [ann, bob], signal).then((peer) => (third = peer))
  await nextTurn()
  expect(third).toBeUndefined()
  takers.free(bob)
  await nextTurn()
  expect(third).toBe(bob)
  const pausing = new AbortController()
  const fourth = takers.take(() => [ann], pausing.signal)
  pausing.abort(new Error('paused'))
  await expect(fourth).rejects.toThrow('paused')
  expect(await takers.take(() => [], signal)).toBeUndefined()
})

it('[REP10] somebody who refuses is left alone for as long as the refusal lasts', async () => {
  const clock = createVirtualClock()
  const takers = createTakers(clock)
  expect(takers.restMs()).toBe(Infinity)
  for (const [why, seconds] of [
    [refused('FULL'), 3_600],
    [refused('QUOTA'), 3_600],
    [refused('RATE'), 300],
    [refused('BUSY'), 10],
    [new HoardError('holder-silent'), 300],
    ['found wrong', 300],
    ['not spoken', 86_400],
  ] as const) {
    takers.rest(ann, why)
    expect([takers.isResting(ann), takers.restMs()]).toEqual([true, seconds * 1_000])
    expect(await takers.take(() => [ann], signal)).toBeUndefined()
    await clock.advance(seconds * 1_000)
    expect(takers.isResting(ann)).toBe(false)
  }
  takers.rest(ann, refused('FULL'))
  takers.wakeAll()
  expect(takers.isResting(ann)).toBe(false)
})

it('[REP10] a refusal that concerns the piece alone counts only with fifteen others in a row', () => {
  const takers = createTakers(createVirtualClock())
  const refuse = (times: number) => {
    for (let at = 0; at < times; at++) takers.rest(ann, refused('BAD-REQUEST', 3))
  }
  refuse(15)
  takers.noteTaken(ann)
  refuse(15)
  expect(takers.isResting(ann)).toBe(false)
  refuse(1)
  expect(takers.isResting(ann)).toBe(true)
})
