import { expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import { getToKnow } from '../../sim/acquaintance.rig.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

const MINUTE = 60_000
const [termMs, graceMs] = [40 * MINUTE, 10 * MINUTE]
const policy = parsePolicy({
  lease: { termMs, renewAfterMs: 8 * MINUTE, graceMs },
  presence: { beaconMs: 2 * MINUTE, lostAfterMs: 60 * MINUTE },
  guardian: { scanMs: 10 * MINUTE, enabled: false },
})
const PIECES = 8
const content = bytesOf('kept', 5_000)

const pass = (world: World, ms: number): Promise<void> => world.run(world.clock.advance(ms), 2 * ms)

/** A file of an owner who went away for longer than term and grace while its eight holders stayed; `copy`: whether the owner has one. */
async function away(copy: 'freed' | 'kept') {
  const world = createWorld({ policy })
  const holders = await startHolders(world, PIECES)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', content)]))
  await world.until(() => row(owner, id).meter?.value === PIECES && row(owner, id).explanation?.is !== 'placing')
  await getToKnow(world, policy)
  if (copy === 'freed') await world.run(owner.peer.freeCopy(id))
  const until = row(owner, id).keptUntil ?? 0
  world.kill(owner)
  await pass(world, termMs + graceMs + 5 * MINUTE)
  return { world, holders, owner, id, until, comeBack: () => world.start('owner', { offerBytes: 0, files: owner.files }) }
}

const read = (world: World, owner: RiggedPeer, id: string) => world.run(owner.peer.openFile(id).then((file) => collect(file)))
const isOver = (owner: RiggedPeer, id: string): boolean => row(owner, id).explanation?.is === 'over'

test('[CHA6] a file that is over is taken up again where it still lies', async () => {
  const { world, holders, id, until, comeBack } = await away('freed')
  const again = await comeBack()
  await world.until(() => !isOver(again, id) && (row(again, id).keptUntil ?? 0) > until, 10 * MINUTE)
  expect(await read(world, again, id)).toEqual(content)
  await pass(world, 10 * MINUTE)
  expect(row(again, id).status).toBe('Fragile')
  expect(row(again, id).meter?.value).toBe(PIECES)
  for (const holder of holders) expect(await world.run(holder.peer.kept())).toHaveLength(1)
})

test('[CHA6] a file that is over says so while nobody who kept it is here, and until they are', async () => {
  const { world, holders, id, until, comeBack } = await away('freed')
  for (const holder of holders) world.kill(holder)
  const again = await comeBack()
  await pass(world, MINUTE)
  expect(row(again, id).explanation).toEqual({ is: 'over', until, hasCopy: false })
  expect(row(again, id).status).toBe('Waiting for people')
  for (const { name, files } of holders.slice(0, 3)) await world.start(name, { files })
  await world.until(() => !isOver(again, id), 20 * MINUTE)
  expect(await read(world, again, id)).toEqual(content)
})

test('[CHA6] a file that is over and that nobody keeps any more is stored again from its copy, with people who are new', async () => {
  const { world, holders, id, until, comeBack } = await away('kept')
  for (const holder of holders) world.kill(holder)
  const again = await comeBack()
  await pass(world, MINUTE)
  expect(row(again, id).explanation).toEqual({ is: 'over', until, hasCopy: true })
  expect(row(again, id).status).toBe('On this device only')
  await startHolders(world, PIECES, () => undefined, 'fresh')
  await world.until(() => row(again, id).meter?.value === PIECES && !isOver(again, id), 60 * MINUTE)
  await pass(world, 10 * MINUTE)
  expect(row(again, id).keptUntil ?? 0).toBeGreaterThan(world.clock.now())
  await getToKnow(world, policy)
  await world.run(again.peer.freeCopy(id))
  expect(await read(world, again, id)).toEqual(content)
})

test('[CHA6] a renewal that a wrong clock dated is asked of nobody, and once the clock is right the file is renewed', async () => {
  const DAY = 86_400_000
  const three = parsePolicy({ code: [{ holders: 1, k: 2, n: 3 }] })
  const world = createWorld({ policy: three })
  const holders = await startHolders(world, 3)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', content)]))
  await world.until(() => row(owner, id).meter?.value === 3 && row(owner, id).canShare === true)
  const until = row(owner, id).keptUntil ?? 0
  world.kill(owner)
  // Two people are too few to correct a clock.
  const [gone] = holders
  if (gone === undefined) throw new Error('there are three')
  world.kill(gone)
  const wrong = await world.start('owner', { offerBytes: 0, files: owner.files, clockAheadMs: 400 * DAY })
  await pass(world, 20 * MINUTE)
  expect(row(wrong, id).keptUntil).toBe(until)
  world.kill(wrong)
  const right = await world.start('owner', { offerBytes: 0, files: owner.files })
  await pass(world, 20 * MINUTE)
  expect(row(right, id).keptUntil ?? 0).toBeGreaterThan(until)
  expect(row(right, id).keptUntil ?? 0).toBeLessThan(world.clock.now() + 366 * DAY)
  for (const holder of holders.slice(1)) expect(await world.run(holder.peer.kept())).toMatchObject([{ until: row(right, id).keptUntil }])
})
