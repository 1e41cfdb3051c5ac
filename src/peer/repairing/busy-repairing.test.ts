import { afterEach, expect, test } from 'vitest'
import { bytesOf, dropped, row, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Stores a small file with everybody, and returns how its row is. */
async function storeLetter() {
  const owner = await town.start('writer', { offerBytes: 0 })
  const [id = ''] = await town.world.run(owner.peer.storeFiles([dropped('letter', bytesOf('letter', 5_000))]))
  return () => row(owner, id)
}

/** Twelve films with eight people, of whom three go, and three others who keep nothing yet. Returns those who went. */
async function bereaved(): Promise<readonly RiggedPeer[]> {
  // A day of it is half a megabyte, and the repairs are six.
  town = createTown({ ...quickPolicy, guardian: { ...quickPolicy.guardian, bytesPerSecond: 6 } })
  const holders = await town.startSome(8, 'holder')
  for (let at = 0; at < 12; at++) town.kill((await town.store(`film ${at}`, 200_000)).owner)
  await town.pass(45_000)
  await town.startSome(3, 'fresh')
  const gone = holders.slice(0, 3)
  for (const holder of gone) town.kill(holder)
  await town.pass(quickPolicy.presence.lostAfterMs + 2 * MINUTE)
  return gone
}

test('[ADM9] people with more to repair than a day is enough for take repairs alone, the row says so, and once that is over they take new pieces', async () => {
  const gone = await bereaved()
  const letter = await storeLetter()
  const isSaid = (): boolean => {
    const { explanation } = letter()
    return explanation?.is === 'placing' && explanation.isBusy === true
  }
  await town.passUntil(isSaid, 2 * MINUTE)
  await town.pass(2 * MINUTE)
  // Those who keep nothing have nothing to repair.
  expect([isSaid(), (letter().meter?.value ?? 0) < 6]).toEqual([true, true])
  for (const { name, files } of gone) await town.start(name, { files })
  await town.passUntil(() => letter().meter?.value === 8 && !isSaid(), 4 * MINUTE)
})
