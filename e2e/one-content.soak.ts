import { expect, test } from 'vitest'
import { commitsOfAStore, dieAndDropAgain, LONG, SHORT, storeOnFullDisk, versions } from '../src/peer/storing/one-content.rig.ts'

test.each(versions.flatMap((version) => [SHORT, LONG].map((before) => [version.is, before.length, before, version] as const)))(
  '[SEA4] killed between any two commits, then %s version dropped: a file of %i bytes is one version for every reader',
  async (_is, _bytes, before, version) => {
    const commits = await commitsOfAStore(before)
    expect(commits).toBeGreaterThan(15)
    for (let last = 0; last < commits; last++) await dieAndDropAgain(before, last, version)
  },
)

test('[SEA4] a disk that is full at any commit leaves memory as it was: the file goes on, and no nonce seals two', async () => {
  const commits = await commitsOfAStore(SHORT)
  for (let failing = 0; failing < commits; failing++) await storeOnFullDisk(failing)
})
