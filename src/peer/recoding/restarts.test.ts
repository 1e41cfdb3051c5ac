import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { sealedLength } from '../../core/records.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { readByLink, row } from '../../sim/world.ts'
import {
  allKept,
  eventually,
  few,
  grow,
  isWhole,
  LONG,
  LOST_MS,
  segmentsAtEnd,
  SHORT,
  STEADY_MS,
  storedWithThree,
  TRASH_MS,
  type Scene,
} from './recoding.rig.ts'

/** Watches the commits of an owner from the moment on when its file is coded anew. */
function watched() {
  const state = { isBegun: () => false, commits: 0, lastCommit: Infinity, isDead: false, die: (): void => undefined }
  const catalog = (inner: Catalog): Catalog => ({
    ...inner,
    async commit(changes) {
      const isCounted = state.isBegun() && changes.some(({ table }) => table === 'journal' || table === 'vault-log')
      if (isCounted && state.commits++ >= state.lastCommit) {
        state.isDead = true
        state.die()
        return new Promise(() => undefined)
      }
      return inner.commit(changes)
    },
  })
  return { state, catalog }
}

/** Has a file coded anew whose owner is killed at commit number `last` from then on; returns the scene with the owner that goes on. */
async function killedAt(content: Uint8Array<ArrayBuffer>, last: number): Promise<{ scene: Scene; commits: number; sentBefore: number }> {
  const { state, catalog } = watched()
  const scene = await storedWithThree(content, few, { catalog })
  state.lastCommit = last
  state.die = () => scene.world.kill(scene.owner)
  state.isBegun = scene.isBegun
  await grow(scene)
  await eventually(scene, () => state.isDead || isWhole(scene))
  state.lastCommit = Infinity
  const sentBefore = scene.owner.peer.snapshot().totals.sentBytes
  if (state.isDead) {
    scene.owner = await scene.world.start('owner', { files: scene.owner.files, offerBytes: 0 })
    await eventually(scene, () => isWhole(scene))
  }
  return { scene, commits: state.commits, sentBefore }
}

test.each([0, 1, 2, 4, 7, 11, 14, 17])(
  '[RCD3] [RCD4] an owner that is killed at commit %i of a re-coding goes on, and ends with one layout',
  async (last) => {
    const { scene } = await killedAt(SHORT, last)
    const { world, owner, id, link } = scene
    expect(row(owner, id)).toMatchObject({ meter: { value: 5, max: 5 } })
    expect(await segmentsAtEnd(scene, 2)).toEqual({ whole: 2, others: 0 })
    expect(equalBytes(await readByLink(world, link), SHORT)).toBe(true)
  },
)

test('[RCD3] a restart in the middle sends little twice', async () => {
  const { scene, sentBefore } = await killedAt(LONG, 20)
  const sent = sentBefore + scene.owner.peer.snapshot().totals.sentBytes
  const layouts = 5 / 3 + 3 / 2
  expect(sent / sealedLength(LONG.length)).toBeLessThan(1.2 * layouts)
  await scene.world.advance(STEADY_MS + LOST_MS + 2 * TRASH_MS)
  expect((await allKept(scene)) / sealedLength(LONG.length)).toBeLessThan(1.75)
})

test('[RCD4] an owner whose disk is set back to the middle of a re-coding ends with the same segments', async () => {
  const scene = await storedWithThree(SHORT)
  const { world, link } = scene
  const { files } = scene.owner
  await grow(scene)
  await eventually(scene, scene.isBegun)
  const paths = () => files.paths().filter((path) => path.startsWith('catalog'))
  const before = new Map(paths().map((path) => [path, files.contentOf(path).slice()]))
  await eventually(scene, () => isWhole(scene))
  await world.run(scene.owner.peer.close())
  for (const path of paths()) await files.remove(path)
  for (const [path, bytes] of before) await (await files.open(path, { create: true })).write(0, bytes)
  scene.owner = await world.start('owner', { files, offerBytes: 0 })
  await eventually(scene, () => isWhole(scene))
  expect(await segmentsAtEnd(scene, 2)).toEqual({ whole: 2, others: 0 })
  expect(equalBytes(await readByLink(world, link), SHORT)).toBe(true)
})
