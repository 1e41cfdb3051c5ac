import { afterEach, expect, test } from 'vitest'
import { bytesOf, collect, dropped, row, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
const { lostAfterMs } = quickPolicy.presence
/** m of the smallest row: with as many nobody repairs. */
const leastPlaced = 6
const content = bytesOf('film', 100_000)
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** A file whose owner went away, keeping no copy, and whose eight holders have all been replaced since, three at a time. */
async function replaced(lease: { readonly termMs: number; readonly renewAfterMs: number; readonly graceMs: number }) {
  town = createTown({ ...quickPolicy, lease })
  const old: RiggedPeer[] = [...(await town.startSome(8, 'holder'))]
  const owner = await town.start('owner', { offerBytes: 0 })
  const [id = ''] = await town.world.run(owner.peer.storeFiles([dropped('film', content)]))
  await town.world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).explanation?.is === 'placed')
  await town.world.run(owner.peer.freeCopy(id))
  await town.pass(45_000)
  town.kill(owner)
  for (let round = 0; old.length > 0; round++) {
    const gone = old.splice(0, 3)
    await town.startSome(gone.length, `fresh ${round}`)
    await town.pass(20_000)
    for (const holder of gone) town.kill(holder)
    await town.passUntil(() => town.isWhole(gone.length === 3 ? 8 : leastPlaced), lostAfterMs + 3 * MINUTE)
  }
  const comeBack = () => town.start('owner', { offerBytes: 0, files: owner.files })
  const read = (again: RiggedPeer) => town.world.run(again.peer.openFile(id).then((file) => collect(file)))
  return { owner, id, comeBack, read }
}

test('[GRO9] an owner all of whose holders have been replaced finds its file with those who keep it now, and renews it', async () => {
  const { id, comeBack, read } = await replaced(quickPolicy.lease)
  const again = await comeBack()
  await town.passUntil(() => (row(again, id).meter?.value ?? 0) >= leastPlaced, 10 * MINUTE)
  expect(row(again, id).status).toBe('Fragile')
  expect(await read(again)).toEqual(content)
})

test('[GRO9, CHA6] a file that is over and whose holders have all been replaced is found, taken up again and read', async () => {
  const { id, comeBack, read } = await replaced({ termMs: 20 * MINUTE, renewAfterMs: 5 * MINUTE, graceMs: 2 * MINUTE })
  await town.pass(22 * MINUTE)
  const again = await comeBack()
  await town.pass(10_000)
  expect(row(again, id).explanation).toMatchObject({ is: 'over', hasCopy: false })
  await town.passUntil(() => row(again, id).explanation?.is !== 'over' && (row(again, id).health?.here ?? 0) >= 2, 12 * MINUTE)
  expect(await read(again)).toEqual(content)
  expect(row(again, id).keptUntil ?? 0).toBeGreaterThan(town.world.clock.now())
})
