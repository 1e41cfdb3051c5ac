import { afterEach, expect, test } from 'vitest'
import { partsAtHand } from '../../../sim/late-parts.ts'
import { createStage, DAY, HOUR, MINUTE, namesOn, policyWith } from './ending.rig.ts'

let stage: ReturnType<typeof createStage>

afterEach(() => stage.close())

test('[VLT32] what lies in the trash goes for good after its term, not before', async () => {
  stage = createStage('term', policyWith(5 * HOUR))
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  await world.run(first.peer.discard([id]))
  await pass(4 * HOUR)
  expect(first.peer.snapshot().trash.length).toBe(1)
  expect(await pieces()).toBe(8)
  await pass(2 * HOUR)
  expect(first.peer.snapshot().trash).toEqual([])
  expect(await pieces()).toBe(0)
})

test('[VLT32] a clock that runs days ahead deletes nothing early', async () => {
  stage = createStage('ahead', policyWith(2 * DAY))
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  await world.run(first.peer.discard([id]))
  world.kill(first)
  const ahead = await stage.start('first', { files: first.files, clockAheadMs: 3 * DAY })
  await pass(4 * HOUR)
  expect(ahead.peer.snapshot().trash.length).toBe(1)
  expect(await pieces()).toBe(8)
  world.kill(ahead)
  const alone = await stage.start('first', { files: first.files, clockAheadMs: 3 * DAY, isAlone: true })
  await pass(3 * HOUR)
  expect(alone.peer.snapshot().trash.length).toBe(1)
})

test('[VLT32] the end of the term does not undo what another device put back before it knew', async () => {
  stage = createStage('put back before', policyWith(5 * HOUR))
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  const second = await stage.join(first, 'second')
  await world.run(first.peer.discard([id]))
  await world.until(() => second.peer.snapshot().trash.length === 1, 5 * MINUTE)
  world.kill(second)
  const away = await stage.start('second', { files: second.files, isAlone: true })
  await world.run(away.peer.putBack([id]))
  world.kill(away)
  await pass(6 * HOUR)
  expect(first.peer.snapshot().trash).toEqual([])
  await stage.start('second', { files: second.files })
  await world.until(() => namesOn(first).length === 1, 10 * MINUTE)
  await pass(2 * HOUR)
  expect(namesOn(first)).toEqual(['holiday'])
  expect(await pieces()).toBe(8)
})

test('[VLT32] a file that is put into the trash before it is stored waits there, also after a restart, and goes on when it is put back', async () => {
  stage = createStage('unstored')
  const { world, pieces } = stage
  const first = await stage.start('first')
  const id = await stage.put(first, 'holiday')
  await world.advance(MINUTE)
  await world.run(first.peer.discard([id]))
  await stage.startHolders()
  await world.advance(3 * MINUTE)
  expect(await pieces()).toBe(0)
  world.kill(first)
  const again = await world.start('first', { files: first.files, offerBytes: 0, late: partsAtHand })
  stage.people.push(again)
  await world.advance(3 * MINUTE)
  expect(await pieces()).toBe(0)
  await world.run(again.peer.putBack([id]))
  await stage.untilStored(again, id)
  expect(await pieces()).toBe(8)
})
