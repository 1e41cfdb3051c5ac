import { expect, test } from 'vitest'
import { outlookOf } from '../../core/healing/outlook.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { getToKnow, quicklyKnown } from '../../sim/acquaintance.rig.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

const MINUTE = 60_000

/** A stored file with eight holders, of which its owner keeps a copy. */
async function stored(policy = defaultPolicy, bytes = 5_000) {
  const world = createWorld({ policy })
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', bytes))]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).explanation?.is !== 'placing')
  return { world, holders, owner, id }
}

async function leave(world: World, owner: RiggedPeer, holders: readonly RiggedPeer[]): Promise<void> {
  const before = owner.peer.snapshot().connection.people
  for (const holder of holders) world.kill(holder)
  await world.until(() => owner.peer.snapshot().connection.people === before - holders.length)
}

test('[HTH2] with six of eight gone nobody may leave: the row says so, and nothing is said of eight', async () => {
  const { world, holders, owner, id } = await stored()
  expect(row(owner, id).health).toMatchObject({ here: 8, people: 8, margin: 6, wanted: 6, isChecking: false })
  await leave(world, owner, holders.slice(0, 5))
  expect(row(owner, id).explanation).toEqual({ is: 'thin', here: 3, of: 8, needed: 2, margin: 1 })
  await leave(world, owner, holders.slice(5, 6))
  expect(row(owner, id)).toMatchObject({
    status: 'Fragile',
    explanation: { is: 'thin', here: 2, margin: 0 },
    health: { here: 2, peopleHere: 2, margin: 0, knownMargin: 6 },
    meter: { value: 8 },
  })
})

test('[HTH4] the copy on this device is freed only while the pieces of the grade are with people who are here', async () => {
  const { world, holders, owner, id } = await stored(quicklyKnown())
  await getToKnow(world, quicklyKnown())
  await leave(world, owner, holders.slice(0, 3))
  await expect(world.run(owner.peer.freeCopy(id))).rejects.toMatchObject({ code: 'too-few-shards', facts: { here: 5, needed: 6 } })
  expect(row(owner, id).hasLocalCopy).toBe(true)
  await world.start('holder 0', { files: holders[0]?.files ?? owner.files })
  await world.until(() => row(owner, id).health?.here === 6)
  await world.run(owner.peer.freeCopy(id))
  await world.until(() => row(owner, id).hasLocalCopy === false)
})

test('[HTH5] a device that has just started shows what it knew last and says that it is checking, then what it found', async () => {
  const { world, holders, owner, id } = await stored(quicklyKnown())
  await getToKnow(world, quicklyKnown())
  await world.run(owner.peer.freeCopy(id))
  // The notes about people are written down with a little delay.
  const end = world.clock.now() + 5_000
  await world.until(() => world.clock.now() > end)
  world.kill(owner)
  for (const holder of holders) world.kill(holder)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0, isAlone: true })
  expect(row(again, id)).toMatchObject({
    status: 'Fragile',
    explanation: { is: 'checking' },
    meter: { value: 8, pieces: Array.from({ length: 8 }, () => 'kept') },
    health: { isChecking: true },
  })
  await world.until(() => row(again, id).explanation?.is !== 'checking')
  expect(row(again, id)).toMatchObject({ status: 'Waiting for people', health: { here: 0, isChecking: false }, meter: { value: 8 } })
})

test('[HTH5] nothing is freed while a device checks who is here', async () => {
  const { world, owner, id } = await stored(quicklyKnown())
  await getToKnow(world, quicklyKnown())
  const end = world.clock.now() + 5_000
  await world.until(() => world.clock.now() > end)
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0, isAlone: true })
  await expect(world.run(again.peer.freeCopy(id))).rejects.toMatchObject({ code: 'too-few-shards' })
})

test('[HTH6] [HTH7] [HTH8] what may be expected counts the people seen within a day, and says how old its proof is', async () => {
  const { world, holders, owner, id } = await stored()
  const outlook = async () => outlookOf(await world.run(owner.peer.counted(id)), 2)
  const fresh = await outlook()
  // Eight newcomers, each there a third of the time: 1 - 0.67^8 - 8 x 0.33 x 0.67^7; within a day three quarters of them come by.
  expect(fresh).toMatchObject({ nowPercent: 79, dayPercent: 99, survivesPercent: 10 })
  expect(world.clock.now() - (fresh.provenAt ?? 0)).toBeLessThan(MINUTE)
  expect(row(owner, id).health?.provenAt).toBe(fresh.provenAt)
  await leave(world, owner, holders.slice(0, 7))
  await world.run(world.clock.advance(25 * 60 * MINUTE), 26 * 60 * MINUTE)
  const late = await outlook()
  // One of them was seen within a day; eight pieces are known still.
  expect(late).toMatchObject({ nowPercent: 0, dayPercent: 0, survivesPercent: 10 })
  expect(world.clock.now() - (late.provenAt ?? 0)).toBeGreaterThan(24 * 60 * MINUTE)
})
