import { expect, test } from 'vitest'
import { bytesOf, createWorld, dropped, row } from '../../sim/world.ts'

/** Long enough not to be packed with others. */
const FIVE_RECORDS = 5 * 262_128

test('[DSK4] an older catalog that was put back costs no spool of a newer file, which is there again with the newer catalog', async () => {
  const world = createWorld()
  const first = await world.start('owner', { offerBytes: 0 })
  await world.run(first.peer.close())
  const logs = () => first.files.paths().filter((path) => path.startsWith('catalog/'))
  const copy = () => new Map(logs().map((path) => [path, first.files.contentOf(path).slice()]))
  const putBack = async (copied: ReadonlyMap<string, Uint8Array>): Promise<void> => {
    for (const path of logs()) await first.files.remove(path)
    for (const [path, bytes] of copied) await (await first.files.open(path, { create: true })).write(0, bytes)
  }
  const before = copy()
  const second = await world.start('owner', { files: first.files, offerBytes: 0 })
  const [id = ''] = await world.run(second.peer.storeFiles([dropped('late.bin', bytesOf('late', FIVE_RECORDS))]))
  await world.until(() => row(second, id).canDownload === true)
  await world.run(second.peer.close())
  const newer = copy()
  const spools = await first.files.list('outbox')
  await putBack(before)
  const older = await world.start('owner', { files: first.files, offerBytes: 0 })
  expect([older.peer.snapshot().files, await first.files.list('outbox')]).toEqual([[], spools])
  await world.run(older.peer.close())
  await putBack(newer)
  const again = await world.start('owner', { files: first.files, offerBytes: 0 })
  await world.until(() => row(again, id).status === 'On this device only')
})
