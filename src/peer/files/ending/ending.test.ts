import { afterEach, expect, test } from 'vitest'
import { createStage, HOUR, MINUTE, namesOn } from './ending.rig.ts'

let stage: ReturnType<typeof createStage>

afterEach(() => stage.close())

test('[VLT24] alone, what is deleted for good is ended at once', async () => {
  stage = createStage('alone')
  const { world, pieces } = stage
  const { first, id } = await stage.first()
  expect(await pieces()).toBe(8)
  await world.run(first.peer.remove(id))
  await world.advance(2 * MINUTE)
  expect(await pieces()).toBe(0)
})

test('[VLT24, VLT31] what one device deletes stays with people until the other has seen it, and goes soon after', async () => {
  stage = createStage('two')
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  const second = await stage.join(first, 'second')
  world.kill(second)
  await world.run(first.peer.remove(id))
  await pass(3 * HOUR)
  expect(await pieces()).toBe(8)
  const again = await stage.start('second', { files: second.files })
  await world.until(() => namesOn(again).length === 0)
  await pass(HOUR)
  expect(await pieces()).toBe(0)
})

test('[VLT24] what another device puts back while one deletes it for good is never ended', async () => {
  stage = createStage('put back')
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  const second = await stage.join(first, 'second')
  await world.run(first.peer.discard([id]))
  await world.until(() => second.peer.snapshot().trash.length === 1, 5 * MINUTE)
  world.kill(second)
  await world.run(first.peer.emptyTrash())
  await pass(HOUR)
  expect(first.peer.snapshot().trash).toEqual([])
  const away = await stage.start('second', { files: second.files, isAlone: true })
  await world.run(away.peer.putBack([id]))
  world.kill(away)
  const again = await stage.start('second', { files: second.files })
  await world.until(() => namesOn(first).length === 1, 10 * MINUTE)
  await pass(3 * HOUR)
  expect([namesOn(first), namesOn(again)]).toEqual([['holiday'], ['holiday']])
  expect(await pieces()).toBe(8)
})

test('[VLT24, VLT31] a device that was removed is not waited for, and is in the list again once it writes', async () => {
  stage = createStage('removed')
  const { world, pieces, labels, pass } = stage
  const { first, id } = await stage.first()
  const second = await stage.join(first, 'second')
  const [mine, other] = [first, second].map(({ peer }) => peer.snapshot().self.name)
  expect((await world.run(first.peer.devices())).map(({ label, isThis }) => [label, isThis])).toEqual([
    [mine, true],
    [other, false],
  ])
  world.kill(second)
  await world.run(first.peer.remove(id))
  await pass(HOUR)
  expect(await pieces()).toBe(8)
  const [own, gone] = await world.run(first.peer.devices())
  await expect(world.run(first.peer.removeDevice(own?.id ?? ''))).rejects.toMatchObject({ code: 'not-found' })
  await world.run(first.peer.removeDevice(gone?.id ?? ''))
  expect(await labels(first)).toEqual([mine])
  await world.advance(2 * MINUTE)
  expect(await pieces()).toBe(0)
  const again = await stage.start('second', { files: second.files })
  await world.until(() => namesOn(again).length === 0)
  expect(await labels(first)).toEqual([mine])
  await world.run(again.peer.createFolder('New'))
  await stage.untilAsync(async () => (await labels(first)).length === 2)
})

test('[VLT24] of three devices all are waited for', async () => {
  stage = createStage('three')
  const { world, pieces, pass } = stage
  const { first, id } = await stage.first()
  const second = await stage.join(first, 'second')
  const third = await stage.join(first, 'third')
  world.kill(third)
  await world.run(second.peer.remove(id))
  await world.until(() => namesOn(first).length === 0, 5 * MINUTE)
  await pass(3 * HOUR)
  expect(await pieces()).toBe(8)
  const again = await stage.start('third', { files: third.files })
  await world.until(() => namesOn(again).length === 0)
  await pass(2 * HOUR)
  expect(await pieces()).toBe(0)
})
