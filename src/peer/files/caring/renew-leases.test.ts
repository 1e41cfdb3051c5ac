import { expect, test } from 'vitest'
import { parsePolicy } from '../../../core/policy.ts'
import { bytesOf, createWorld, dropped, readByLink, row, startHolders, type RiggedPeer, type World } from '../../../sim/world.ts'

const MINUTE = 60_000
const [termMs, renewAfterMs] = [40 * MINUTE, 8 * MINUTE]
const policy = parsePolicy({
  lease: { termMs, renewAfterMs, graceMs: 10 * MINUTE },
  presence: { beaconMs: 2 * MINUTE, lostAfterMs: 60 * MINUTE },
  guardian: { scanMs: 10 * MINUTE, enabled: false },
})
const PIECES = 8

async function stored() {
  const world = createWorld({ policy })
  const holders = await startHolders(world, PIECES)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === PIECES && row(owner, id).explanation?.is !== 'placing')
  await world.run(owner.peer.share(id))
  return { world, holders, owner, id }
}

const pass = (world: World, ms: number): Promise<void> => world.run(world.clock.advance(ms), 2 * ms)

const untilOf = (owner: RiggedPeer, id: string): number => row(owner, id).keptUntil ?? 0

test('[CHA6] a file and its link outlive their term while their owner comes back, and every holder learns of the new one', async () => {
  const { world, holders, owner, id } = await stored()
  const first = untilOf(owner, id)
  await pass(world, termMs + 2 * renewAfterMs)
  const { linkUntil = 0 } = row(owner, id)
  expect(untilOf(owner, id)).toBeGreaterThan(first + termMs)
  expect(linkUntil).toBeGreaterThan(world.clock.now() + termMs - 2 * renewAfterMs - MINUTE)
  for (const holder of holders) expect(await world.run(holder.peer.kept())).toHaveLength(2)
  const path = await world.run(owner.peer.share(id))
  world.kill(owner)
  expect(await readByLink(world, path)).toEqual(bytesOf('kept', 5_000))
})

test('[CHA6] a term that nobody was asked for is not shown, and is asked for as soon as somebody is there', async () => {
  const { world, holders, owner, id } = await stored()
  const first = untilOf(owner, id)
  for (const holder of holders) world.kill(holder)
  await pass(world, 2 * renewAfterMs)
  expect(untilOf(owner, id)).toBe(first)
  const [back] = holders
  if (back === undefined) throw new Error('there are eight')
  await world.start(back.name, { files: back.files })
  await pass(world, renewAfterMs + MINUTE)
  expect(untilOf(owner, id)).toBeGreaterThan(first)
})

test('[CHA6] an owner who was away for longer than the term finds its file still kept where holders kept it, and renews it', async () => {
  const { world, holders, owner, id } = await stored()
  world.kill(owner)
  await pass(world, termMs + 5 * MINUTE)
  const again = await world.start('owner', { offerBytes: 0, files: owner.files })
  await pass(world, renewAfterMs)
  expect(untilOf(again, id)).toBeGreaterThan(world.clock.now() + termMs - 2 * renewAfterMs)
  for (const holder of holders) expect((await world.run(holder.peer.kept())).length).toBeGreaterThan(0)
})
