import { expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

const HOUR = 3_600_000

/** Lets hours pass, and then five minutes in which every device looks at its files. */
async function pass(world: World, hours: number): Promise<void> {
  await world.run(world.clock.advance(hours * HOUR), (hours + 1) * HOUR)
  await world.advance(301_000)
}

const said = (owner: RiggedPeer, id: string) => {
  const { status, explanation } = row(owner, id)
  return [status, explanation?.is === 'unsteady' ? explanation.steadiness : explanation?.is]
}

test('[POL6] [HTH9] a file of new people is not promised; it rises by itself once they are known, and falls when most stay away', async () => {
  // Twelve pieces may be lost, which is Protected; eighteen new people are 5.94, and 9 is 1.5 k.
  const world = createWorld({
    policy: parsePolicy({ code: [{ holders: 3, k: 6, n: 18 }], presence: { lostAfterMs: 100 * HOUR, neighbours: 4 } }),
  })
  const holders = await startHolders(world, 18)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 18 && row(owner, id).explanation?.is !== 'placed')
  const steady = () => owner.peer.snapshot().people.filter(({ isSteady }) => isSteady).length
  expect([said(owner, id), row(owner, id).hasLocalCopy, steady()]).toEqual([['Fragile', 'unknown'], true, 0])
  const refused = (steadiness: string) => ({ code: 'too-few-shards', facts: { object: 'copy', steadiness } })
  await expect(world.run(owner.peer.freeCopy(id))).rejects.toMatchObject(refused('unknown'))

  await pass(world, 24)
  expect([said(owner, id), steady()]).toEqual([['Protected', 'placed'], 18])
  // Nobody asked for it: the copy is still here, and may go now.
  expect(row(owner, id)).toMatchObject({ hasLocalCopy: true, health: { known: 18, steadiness: 'high' } })

  for (const holder of holders.slice(8)) world.kill(holder)
  await pass(world, 1)
  expect(row(owner, id).status).toBe('Protected')
  await pass(world, 24)
  expect([said(owner, id), row(owner, id).health?.known]).toEqual([['Fragile', 'low'], 18])
  await expect(world.run(owner.peer.freeCopy(id))).rejects.toMatchObject(refused('low'))
  for (const holder of holders.slice(5, 8)) world.kill(holder)
  const back = await world.start('holder 17', { files: holders[17]?.files ?? owner.files })
  await pass(world, 12)
  // It was there for longer than it was away.
  expect(owner.peer.snapshot().people.find(({ peer }) => peer === back.peerId)?.isSteady).toBe(true)
  await pass(world, 13)
  expect([said(owner, id), row(owner, id).hasLocalCopy]).toEqual([['Fragile', 'too low'], true])
})

test('[POL10] the copy of a file that is not Fragile by its code stays while its people are not steady enough, and goes with the piece that makes them so', async () => {
  const world = createWorld({ policy: parsePolicy({ code: [{ holders: 3, k: 3, n: 15 }] }) })
  // Thirteen new people are 4.29: enough pieces to be stored, and less than the 4.5 that are 1.5 k.
  await startHolders(world, 13)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 13 && row(owner, id).canShare === true)
  await world.advance(60_000)
  expect(row(owner, id)).toMatchObject({ status: 'Fragile', hasLocalCopy: true, explanation: { is: 'placing', placed: 13, wanted: 2 } })
  await expect(world.run(owner.peer.freeCopy(id))).rejects.toMatchObject({ facts: { object: 'copy', steadiness: 'unknown' } })
  await startHolders(world, 2, undefined, 'late')
  await world.until(() => row(owner, id).hasLocalCopy === false)
  expect(row(owner, id)).toMatchObject({ status: 'Protected', health: { here: expect.toSatisfy((here: number) => here >= 14) } })
})
