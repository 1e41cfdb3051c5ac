import { rm, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadFromLink, MINUTE } from './app.ts'
import { bytesOf, lookAround, openWard, storeAndVanish, watchFor, watchUntilWhole, watchUntil } from './healing.ts'
import { openScene, type Scene } from './scene.ts'

const MIB = 1024 * 1024
const [K, M, N] = [2, 6, 8]
/** Longest time between the loss of a holder and the moment at which m pieces are there again. Milliseconds. */
const HEALED_MS = MINUTE
/** As long as it takes to give people up, look, and repair, with the policy of these stories; as often again to spare. */
const QUIET_MS = 30_000

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[RPR2] a file outlives its owner and every one of the twenty people who kept it, at less than six times the bytes that were lost',
  async () => {
    const ward = await openWard(scene, 10)
    const file = await scene.randomFile('heirloom.bin', 40 * MIB)
    const link = await storeAndVanish(scene, ward, file, N)
    const stored = await lookAround(ward)
    const segments = [...stored.piecesBySegment.keys()]
    const look = () => lookAround(ward, segments)
    let [lostBytes, receivedByDead] = [0, 0]
    const firstTwenty = [...ward.living]
    for (let round = 0; round < 20; round++) {
      const leaver = firstTwenty[round]
      if (leaver === undefined) throw new Error('nobody is left to leave')
      const last = await ward.leave(leaver)
      lostBytes += bytesOf(last)
      receivedByDead += last.receivedBytes
      const newcomer = await ward.arrive()
      if (firstTwenty.length < 20) firstTwenty.push(newcomer)
      await watchUntil(
        look,
        ({ least }) => {
          expect(least).toBeGreaterThanOrEqual(K)
          return least >= M
        },
        HEALED_MS,
      )
    }
    const { receivedBytes } = await look()
    expect(receivedBytes + receivedByDead - stored.receivedBytes).toBeLessThan(6 * lostBytes)
    const heir = await scene.browser('heir', link)
    expect(await downloadFromLink(heir.page, scene.folder)).toBe(file.sha256)
  },
  25 * MINUTE,
)

test(
  '[PRS3] [EVD4] who comes back counts at once and nothing is repaired; who comes back without its pieces is noticed',
  async () => {
    const ward = await openWard(scene, 8)
    await storeAndVanish(scene, ward, await scene.randomFile('album.bin', 6 * MIB), N)
    const segments = [...(await lookAround(ward)).piecesBySegment.keys()]
    const look = () => lookAround(ward, segments)
    const [first, second, third] = ward.living
    if (first === undefined || second === undefined || third === undefined) throw new Error('no holders')
    // Six of eight are just enough. Once the two are given up, a third one would be too many, unless the first is counted again.
    await ward.leave(first)
    await ward.leave(second)
    await watchFor(QUIET_MS, look, ({ placed }) => expect(placed).toBe(0))
    const returned = await ward.arrive(first)
    await watchUntil(look, ({ least }) => least === M + 1)
    await ward.leave(third)
    await watchFor(QUIET_MS, look, ({ placed }) => expect(placed).toBe(0))

    // The same person without its pieces: nobody is silent, and yet a piece is lost.
    await ward.leave(returned)
    await forgetPieces(returned.dataFolder)
    await ward.arrive(returned)
    await Promise.all(Array.from({ length: 3 }, () => ward.arrive()))
    await watchUntilWhole(look, N)
    expect((await look()).placed).toBeGreaterThan(0)
  },
  10 * MINUTE,
)

/** Removes what a holder keeps for others and leaves its key and its records, as a disk that was cleaned out would. */
async function forgetPieces(dataFolder: string): Promise<void> {
  const slabs = join(dataFolder, 'slabs')
  for (const name of await readdir(slabs)) await rm(join(slabs, name))
}
