import { expect, test } from 'vitest'
import { commitsOfAStore, dieAndDropAgain, LONG, SHORT, storeOnFullDisk, versions } from './one-content.rig.ts'

/** `npm run test:soak` drops each of the four behind each of the commits, and fills the disk at each of them. */
test.each([
  ['a file of one segment', SHORT, 2],
  ['a file with a manifest', LONG, 5],
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
)

test('[SEA4] a disk that is full at any commit leaves memory as it was: the file goes on, and no nonce seals two', async () => {
  const commits = await commitsOfAStore(SHORT)
  for (let failing = 0; failing < commits; failing += 3) await storeOnFullDisk(failing)
})
