import { afterEach, expect, test } from 'vitest'
import { codeOf } from '../../core/errors.ts'
import { bytesOf, createWorld, dropped, type RiggedPeer, type World } from '../../sim/world.ts'

let world: World
let owner: RiggedPeer

afterEach(() => void owner.peer.close())

/** Starts an owner with three small files: a, and b and c in the folder trip/day 1. Nobody else is there. */
async function start(): Promise<void> {
  world = createWorld()
  owner = await world.start('owner', { offerBytes: 0 })
  const drop = (name: string, path: string) => ({ ...dropped(name, bytesOf(name, 10)), path })
  await world.run(owner.peer.storeFiles([drop('a', ''), drop('b', 'trip/day 1'), drop('c', 'trip/day 1')]))
  await world.until(() => owner.peer.snapshot().files.length === 3)
}

const shown = () =>
  owner.peer
    .snapshot()
    .files.map(({ folder, name }) => (folder === '' ? name : `${folder}/${name}`))
    .toSorted()
const folders = () => owner.peer.snapshot().folders.map(({ name }) => name)
const trash = () => owner.peer.snapshot().trash.map(({ is, name, folder, size }) => ({ is, name, folder, size }))
const folder = (name: string): string => owner.peer.snapshot().folders.find((one) => one.name === name)?.id ?? ''
const file = (name: string): string => owner.peer.snapshot().files.find((one) => one.name === name)?.id ?? ''
const failure = (call: Promise<unknown>) =>
  world.run(
    call.then(
      () => undefined,
      (error: unknown) => codeOf(error),
    ),
  )

test('[VLT18] folders are made, renamed and moved with all that is in them, and their files say where they are', async () => {
  await start()
  const { peer } = owner
  const made = await world.run(peer.createFolder(' Photos ', folder('trip')))
  await world.until(() => folders().includes('Photos'))
  await world.run(peer.move([file('a'), folder('day 1')], made))
  await world.until(() => shown().join() === 'trip/Photos/a,trip/Photos/day 1/b,trip/Photos/day 1/c')
  await world.run(peer.rename(folder('trip'), 'Alps/2026'))
  await world.until(() => shown()[0] === 'Alps_2026/Photos/a')
  expect(peer.snapshot().folders.find(({ id }) => id === made)?.parent).toBe(folder('Alps_2026'))
  await world.run(peer.move([made]))
  await world.until(() => shown()[0] === 'Photos/a')
  expect(peer.snapshot().folders.find(({ id }) => id === made)).not.toHaveProperty('parent')
  await world.run(peer.rename(file('b'), 'b.txt'))
  await world.until(() => shown().includes('Photos/day 1/b.txt'))
})

test('[VLT18] a drop goes into the folder that is open, with folders of its own', async () => {
  await start()
  const { peer } = owner
  const into = folder('day 1')
  await world.run(peer.storeFiles([dropped('d', bytesOf('d', 10)), { ...dropped('e', bytesOf('e', 10)), path: 'day 1/trip' }], { into }))
  await world.until(() => shown().length === 5)
  expect(shown().slice(1)).toEqual(['trip/day 1/b', 'trip/day 1/c', 'trip/day 1/d', 'trip/day 1/day 1/trip/e'])
  expect(await failure(peer.storeFiles([dropped('f', bytesOf('f', 10))], { into: file('a') }))).toBe('not-found')
})

test('[VLT19] of two that come to have one name, the one that was there first keeps it', async () => {
  await start()
  await world.run(owner.peer.rename(file('c'), 'b'))
  await world.until(() => shown().join() === 'a,trip/day 1/b,trip/day 1/b (2)')
})

test('[VLT18] what goes into the trash together comes back together, to the nearest folder that is left', async () => {
  await start()
  const { peer } = owner
  await world.run(peer.discard([file('b')]))
  await world.clock.advance(1)
  await world.run(peer.discard([folder('trip')]))
  await world.until(() => trash().length === 2)
  expect([shown(), folders()]).toEqual([['a'], []])
  expect(trash()).toEqual([
    { is: 'folder', name: 'trip', folder: '', size: 10 },
    { is: 'file', name: 'b', folder: '', size: 10 },
  ])
  const [trip, b] = peer.snapshot().trash.map(({ id }) => id)
  await world.run(peer.putBack([b ?? '']))
  await world.until(() => shown().join() === 'a,b')
  await world.run(peer.putBack([trip ?? '']))
  await world.until(() => shown().join() === 'a,trip/day 1/b,trip/day 1/c')
  expect(trash()).toEqual([])
})

test('[VLT24] what is deleted for good is gone with all that is in it, and so is all that is in an emptied trash', async () => {
  await start()
  const { peer } = owner
  await world.run(peer.discard([folder('day 1'), file('a')]))
  await world.until(() => trash().length === 2)
  await world.run(peer.remove(peer.snapshot().trash.find(({ is }) => is === 'folder')?.id ?? ''))
  await world.until(() => trash().length === 1)
  expect([shown(), folders(), trash()]).toEqual([[], ['trip'], [{ is: 'file', name: 'a', folder: '', size: 10 }]])
  await world.run(peer.emptyTrash())
  await world.until(() => trash().length === 0)
  await world.run(peer.remove(folder('trip')))
  await world.until(() => folders().length === 0)
})

test('[VLT12] [VLT18] what cannot be done is refused, and changes nothing', async () => {
  await start()
  const { peer } = owner
  const nobody = '00'.repeat(16)
  const [before, trip] = [shown(), folder('trip')]
  expect(await failure(peer.createFolder('   '))).toBe('format-invalid')
  expect(await failure(peer.rename(file('a'), ''))).toBe('format-invalid')
  expect(await failure(peer.createFolder('in a file', file('a')))).toBe('not-found')
  expect(await failure(peer.move([trip], folder('day 1')))).toBe('format-invalid')
  expect(await failure(peer.move([trip], trip))).toBe('format-invalid')
  expect(await failure(peer.move([file('a')], nobody))).toBe('not-found')
  expect(await failure(peer.rename(nobody, 'x'))).toBe('not-found')
  expect(await failure(peer.discard([nobody]))).toBe('not-found')
  expect(await failure(peer.remove(nobody))).toBe('not-found')
  expect([shown(), folders().toSorted(), trash()]).toEqual([before, ['day 1', 'trip'], []])
})
