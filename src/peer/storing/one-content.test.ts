import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { commitsOfAStore, counted, dieAndDropAgain, LONG, NAME, PEOPLE, policy, readLink, SHORT, versions } from './one-content.rig.ts'
import { createWorld, dropped, row, startHolders } from '../../sim/world.ts'

/** `npm run test:soak` drops each of the four behind each of the commits. */
test.each([
  ['a file of one segment', SHORT, 1],
  ['a file with a manifest', LONG, 3],
])(
  '[SEA4] killed between any two commits, whatever is dropped again, a reader gets one version and no nonce seals two: %s',
  async (_name, before, every) => {
    const commits = await commitsOfAStore(before)
    expect(commits).toBeGreaterThan(15)
    for (let last = 0; last < commits; last += every) {
      const version = versions[Math.floor(last / every) % versions.length]
      if (version !== undefined) await dieAndDropAgain(before, last, version)
    }
  },
  600_000,
)

test('[SEA4] a disk that is full at any commit leaves memory as it was: the file goes on, and no nonce seals two', async () => {
  const commits = await commitsOfAStore(SHORT)
  for (let failing = 0; failing < commits; failing++) {
    const world = createWorld({ policy })
    await startHolders(world, PEOPLE)
    const { catalog } = counted((commit) => {
      if (commit === failing) throw new HoardError('storage-full')
    })
    const owner = await world.start('owner', { offerBytes: 0, catalog })
    const [id = ''] = await retried(async () => world.run(owner.peer.storeFiles([dropped(NAME, SHORT)])))
    const isDone = (): boolean => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE
    const isInTrouble = (): boolean => row(owner, id).explanation?.is === 'trouble'
    await world.until(() => isDone() || isInTrouble())
    if (isInTrouble()) await world.run(owner.peer.retry(id))
    await world.until(() => isDone() && !isInTrouble())
    const link = await retried(async () => world.run(owner.peer.share(id)))
    expect([failing, equalBytes(await readLink(world, link, 'reader'), SHORT)]).toEqual([failing, true])
    // What it says is what its disk says.
    const keepers = await world.run(owner.peer.keepers(id))
    world.kill(owner)
    const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
    expect([failing, again.peer.snapshot().files.map(({ linkPath }) => linkPath)]).toEqual([failing, [link]])
    expect((await world.run(again.peer.keepers(id))).map(({ piece, peer }) => [piece, peer])).toEqual(
      keepers.map(({ piece, peer }) => [piece, peer]),
    )
  }
}, 600_000)

/** Does it once more when the disk was full the first time. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch {
    return work()
  }
}
