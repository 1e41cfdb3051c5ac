import { expect, test } from 'vitest'
import { bytesOf, createWorld, dropped, startHolders } from '../sim/world.ts'

test('a row of which nothing has changed is the same object in the next snapshot, and what lies together changes together', async () => {
  const world = createWorld()
  await startHolders(world, 4)
  const { peer } = await world.start('owner', { offerBytes: 0 })
  const small = Array.from({ length: 40 }, (_, at) => dropped(`small ${at}`, bytesOf(`small ${at}`, 50)))
  await world.run(peer.storeFiles(small))
  await world.until(() => peer.snapshot().files.length === 40 && peer.snapshot().files.every(({ canShare }) => canShare))
  const before = peer.snapshot().files
  await world.run(peer.storeFiles([dropped('late', bytesOf('late', 200_000))]))
  await world.until(() => peer.snapshot().files.some(({ name, canShare }) => name === 'late' && canShare))
  const after = peer.snapshot().files
  expect(after.filter((file) => !before.includes(file)).map(({ name }) => name)).toEqual(['late'])
  expect(after.slice(1).map(({ name }) => name)).toEqual(small.map(({ name }) => name))
  const [, first] = after
  await world.run(peer.remove(first?.id ?? ''))
  await world.until(() => peer.snapshot().files.length === 40)
  // The row of every file in the pack shows one file less.
  expect(
    peer
      .snapshot()
      .files.filter((file) => after.includes(file))
      .map(({ name }) => name),
  ).toEqual(['late'])
})

test('the folder that a file was dropped with is shown', async () => {
  const world = createWorld()
  const { peer } = await world.start('owner', { offerBytes: 0 })
  await world.run(peer.storeFiles([{ ...dropped('a', bytesOf('a', 10)), path: 'trip/day 1' }]))
  await world.until(() => peer.snapshot().files.length === 1)
  expect(peer.snapshot().files[0]?.folder).toBe('trip/day 1')
})
