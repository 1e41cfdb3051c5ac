import { expect, test } from 'vitest'
import { createMemoryFiles, type MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { equalBytes } from '../../core/bytes.ts'
import { bytesOf, collect, createWorld, dropped, readByLink, row, startHolders } from '../../sim/world.ts'
import { eventually, few, grow, isSpreading, isWhole, segmentsAtEnd, SHORT, storedWithThree, type Scene } from './recoding.rig.ts'

/** Returns a disk with the same files. */
async function copyOf(files: MemoryFiles): Promise<MemoryFiles> {
  const copy = createMemoryFiles()
  for (const path of files.paths()) await (await copy.open(path, { create: true })).write(0, files.contentOf(path).slice())
  return copy
}

test('[RCD4] two devices of one owner that code a file anew at once describe the same segments, and end with one layout', async () => {
  const scene = await storedWithThree(SHORT)
  const { world, owner, link } = scene
  const twin = await world.start('twin', { files: await copyOf(owner.files), offerBytes: 0 })
  const ofTwin: Scene = { ...scene, owner: twin }
  await grow(scene)
  await eventually(scene, () => isSpreading(scene) || isSpreading(ofTwin))
  await eventually(scene, () => isWhole(scene) && isWhole(ofTwin))
  expect(await segmentsAtEnd(scene, 2)).toEqual({ whole: 2, others: 0 })
  expect([isWhole(scene), isWhole(ofTwin)]).toEqual([true, true])
  expect(equalBytes(await readByLink(world, link), SHORT)).toBe(true)
})

test('[RCD1] [RCD5] a pack is coded anew as one: each of its files opens from the new layout, of which alone pieces are left', async () => {
  const world = createWorld({ policy: few.policy })
  const holders = await startHolders(world, 3)
  const owner = await world.start('owner', { offerBytes: 0 })
  const contents = [1, 2, 3, 4].map((at) => bytesOf(`small ${at}`, 20_000 + at))
  const ids = await world.run(owner.peer.storeFiles(contents.map((content, at) => dropped(`small ${at}`, content))))
  const [id = ''] = ids
  await world.until(() => ids.every((each) => row(owner, each).meter?.value === 3 && row(owner, each).explanation?.is !== 'placing'))
  expect(row(owner, id).pack).toEqual(expect.objectContaining({ files: 4 }))
  const scene: Scene = { world, holders, owner, id, link: '', isBegun: () => false, size: few }
  await grow(scene)
  await eventually(scene, () => ids.every((each) => isSpreading({ ...scene, id: each })))
  await eventually(scene, () => ids.every((each) => isWhole({ ...scene, id: each })))
  expect(await segmentsAtEnd(scene, 1)).toEqual({ whole: 1, others: 0 })
  for (const [at, content] of contents.entries()) {
    const file = await world.run(owner.peer.openFile(ids[at] ?? ''))
    expect(equalBytes(await world.run(collect(file)), content)).toBe(true)
  }
})
