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

test('a rename makes one row another object, that of a folder the rows below it, and a name that is free again the row that had a number', async () => {
  const world = createWorld()
  const { peer } = await world.start('owner', { offerBytes: 0 })
  const trip = await world.run(peer.createFolder('trip'))
  const drop = ['a', 'b', 'c'].map((name) => dropped(name, bytesOf(name, 10)))
  await world.run(peer.storeFiles(drop))
  await world.run(peer.storeFiles(drop, { into: trip, sameName: 'both' }))
  await world.until(() => peer.snapshot().files.length === 6)
  const rowsAfter = async (act: Promise<unknown>) => {
    const before = peer.snapshot().files
    await world.run(act)
    await world.advance(1_000)
    return peer
      .snapshot()
      .files.filter((file) => !before.includes(file))
      .map(({ folder, name }) => `${folder}/${name}`)
      .toSorted()
  }
  const idOf = (folder: string, name: string): string =>
    peer.snapshot().files.find((file) => file.folder === folder && file.name === name)?.id ?? ''
  expect(await rowsAfter(peer.rename(idOf('', 'a'), 'b'))).toEqual(['/b (2)'])
  expect(await rowsAfter(peer.rename(trip, 'journey'))).toEqual(['journey/a', 'journey/b', 'journey/c'])
  const [first, second] = [idOf('', 'b'), idOf('', 'b (2)')]
  // They lie in one pack, which shows one file less.
  expect(await rowsAfter(peer.discard([first]))).toEqual(['/b', '/c'])
  expect(idOf('', 'b')).toBe(second)
  expect(await rowsAfter(peer.move([second], trip))).toEqual(['journey/b (2)'])
})
