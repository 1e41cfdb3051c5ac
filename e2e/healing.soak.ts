import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, emptyTrash, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople } from './app.ts'
import { lookAround, openWard, storeAndVanish, watchFor, watchUntil, watchUntilWhole } from './healing.ts'
import { openScene, type Scene } from './scene.ts'

const MIB = 1024 * 1024
const [K, N] = [2, 8]
/** More than the pieces of the owner's list of files, which people keep as well, and less than one of a file. */
const LIST_BYTES = MIB / 2

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[RPR2] when four of twelve return whose pieces were made anew, next to nothing is placed',
  async () => {
    const ward = await openWard(scene, 12)
    await storeAndVanish(scene, ward, await scene.randomFile('letters.bin', 6 * MIB), N)
    const segments = [...(await lookAround(ward)).piecesBySegment.keys()]
    const look = () => lookAround(ward, segments)
    const keepers = (await keepersOf(ward.living)).slice(0, 4)
    for (const holder of keepers) await ward.leave(holder)
    await watchUntilWhole(look, N)
    for (const holder of keepers) await ward.arrive(holder)
    const before = (await look()).placed
    await watchFor(MINUTE, look, ({ placed }) => expect(placed).toBeLessThanOrEqual(before + 2))
  },
  10 * MINUTE,
)

test(
  '[SYN6] three who slept through a deletion bring nothing of it back, nor does anybody who joins then',
  async () => {
    const ward = await openWard(scene, 8)
    const file = await scene.randomFile('regret.bin', 2 * MIB)
    const owner = await scene.browser('owner', `${ward.swarm.url}/files/`)
    await waitForPeople(owner.page, ward.living.length)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, N)
    const link = await shareLink(owner.page, file.name)
    await owner.page.keyboard.press('Escape')
    const sleepers = ward.living.slice(0, K + 1)
    for (const holder of sleepers) await ward.leave(holder)
    await rowOf(owner.page, file.name)
      .getByRole('button', { name: `Delete ${file.name}`, exact: true })
      .click()
    await emptyTrash(owner.page)
    await watchUntil(
      () => lookAround(ward),
      ({ keptBytes }) => keptBytes < LIST_BYTES,
    )
    await owner.close()
    const reader = await scene.browser('reader', link)
    await waitForPeople(reader.page, ward.living.length)
    for (const holder of sleepers) await ward.arrive(holder)
    await ward.arrive()
    await watchFor(
      2 * MINUTE,
      () => lookAround(ward),
      ({ placed }) => expect(placed).toBe(0),
    )
    expect((await lookAround(ward)).keptBytes).toBeLessThan(LIST_BYTES)
    await reader.page.getByText('This link no longer works.').waitFor({ timeout: MINUTE })
  },
  10 * MINUTE,
)

async function keepersOf<T extends Parameters<typeof lookAround>[0]['living'][number]>(living: readonly T[]): Promise<readonly T[]> {
  const sights = await Promise.all(living.map(async (holder) => ({ holder, kept: (await lookAround({ living: [holder] })).keptBytes })))
  return sights.filter(({ kept }) => kept > 0).map(({ holder }) => holder)
}
