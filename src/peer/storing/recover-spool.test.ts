import { expect, test } from 'vitest'
import { createMemoryFiles, type MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { equalBytes, fromHex } from '../../core/bytes.ts'
import { bytesOf, collect, createWorld, dropped, readByLink, row, startHolders } from '../../sim/world.ts'

const MIB = 1024 * 1024
const RECORD = 262_128

test('a file larger than the room of its device goes on after a crash when it is dropped again, under the same key', async () => {
  const { world, again, id, content } = await killedWithAWindow()
  await world.until(() => row(again, id).explanation?.is === 'drop-again')
  expect(row(again, id)).toMatchObject({ explanation: { percent: expect.toSatisfy((percent: number) => percent > 60) } })
  expect(await world.run(again.peer.storeFiles([dropped('long', content)]))).toEqual([id])
  await world.until(() => row(again, id).canShare === true)
  expect(equalBytes(await readByLink(world, await world.run(again.peer.share(id))), content)).toBe(true)
})

test('such a file that has changed where it was freed long ago becomes another version', async () => {
  const { world, again, id, content } = await killedWithAWindow()
  content[5] = (content[5] ?? 0) ^ 1
  await world.run(again.peer.storeFiles([dropped('long', content)]))
  await world.until(() => row(again, id).canShare === true)
  expect(again.peer.snapshot().files.map((file) => [file.id, file.versions])).toEqual([[id, 1]])
  expect(equalBytes(await readByLink(world, await world.run(again.peer.share(id))), content)).toBe(true)
})

test('bytes that the disk lost of a file under way are asked for again, and the rest stays', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('lost', 80 * RECORD)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('lost', content)]))
  await world.until(() => row(owner, id).canDownload === true)
  await world.run(owner.peer.close())
  await owner.files.remove(spoolsOf(owner.files)[1] ?? '')

  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => row(again, id).explanation?.is === 'drop-again')
  expect(row(again, id)).toMatchObject({ explanation: { percent: 79 }, canDownload: false })
  await startHolders(world, 8)
  expect(await world.run(again.peer.storeFiles([dropped('lost', content)]))).toEqual([id])
  await world.until(() => row(again, id).canShare === true)
  expect(equalBytes(await readByLink(world, await world.run(again.peer.share(id))), content)).toBe(true)
})

test('[FNM3] a file that is dropped again with its accents encoded in the other way goes on where it stopped', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('accents', 80 * RECORD)
  const [id = ''] = await world.run(owner.peer.storeFiles([{ ...dropped('cafe\u0301', content), path: 'E\u0301te\u0301' }]))
  await world.until(() => row(owner, id).canDownload === true)
  await world.run(owner.peer.close())
  await owner.files.remove(spoolsOf(owner.files)[1] ?? '')

  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => row(again, id).explanation?.is === 'drop-again')
  expect(await world.run(again.peer.storeFiles([{ ...dropped('caf\u00e9', content), path: '\u00c9t\u00e9' }]))).toEqual([id])
})

test('a bit that the disk turned goes to nobody: it is sealed again from the page', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('turned', 80 * RECORD)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('turned', content)]))
  await world.until(() => row(owner, id).canDownload === true)
  turnBit(owner.files, 0, 3 * RECORD)
  await startHolders(world, 8)
  await world.until(() => row(owner, id).canShare === true)
  expect(equalBytes(await readByLink(world, await world.run(owner.peer.share(id))), content)).toBe(true)
})

test('a bit that the disk turned in the last, short stripe is asked for again once the page has not got the file', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('turned', 6 * RECORD + 99)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('turned', content)]))
  await world.until(() => row(owner, id).canDownload === true)
  await world.run(owner.peer.close())
  turnBit(owner.files, 0, -5)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await startHolders(world, 8)
  await world.until(() => row(again, id).explanation?.is === 'drop-again')
  expect(await world.run(again.peer.storeFiles([dropped('turned', content)]))).toEqual([id])
  await world.until(() => row(again, id).canShare === true)
  expect(equalBytes(await readByLink(world, await world.run(again.peer.share(id))), content)).toBe(true)
})

test('a copy that the disk spoilt is made good by the people while it is read', async () => {
  const world = createWorld()
  await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('spoilt', 40 * RECORD)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('spoilt', content)]))
  await world.until(() => row(owner, id).status === 'Fragile')
  turnBit(owner.files, 0, 30 * RECORD)
  expect(row(owner, id).hasLocalCopy).toBe(true)
  expect(equalBytes(await world.run(owner.peer.openFile(id).then((file) => collect(file))), content)).toBe(true)
})

/** An owner with room for 38 MiB whose process ended when 40 of 50 MiB were sealed and the first segments freed, started again. */
async function killedWithAWindow() {
  const world = createWorld()
  await startHolders(world, 8)
  const files = createMemoryFiles({ capacityBytes: 38 * MIB })
  const owner = await world.start('owner', {
    files,
    offerBytes: 0,
    outbox: (outbox) => ({
      ...outbox,
      write: (name, offset, bytes) => (isBeyond(name, offset) ? new Promise(() => undefined) : outbox.write(name, offset, bytes)),
    }),
  })
  const content = bytesOf('long', 200 * RECORD)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('long', content)]))
  await world.until(() => (row(owner, id).progress?.doneBytes ?? 0) > 39 * MIB)
  await world.until(() => !spoolsOf(files).some((path) => nameOf(path).endsWith('0000000')))
  world.kill(owner)
  return { world, content, id, again: await world.start('owner', { files, offerBytes: 0 }) }
}

/** Tells whether a write lies beyond the first 40 MiB of its file. */
function isBeyond(name: string, offset: number): boolean {
  return name.endsWith('2') && offset >= 8 * MIB
}

function spoolsOf(files: MemoryFiles): readonly string[] {
  return files
    .paths()
    .filter((path) => path.startsWith('outbox/'))
    .toSorted()
}

/** Returns the name of the spool that lies at `path`. */
function nameOf(path: string): string {
  return new TextDecoder().decode(fromHex(path.slice('outbox/'.length)))
}

function turnBit(files: MemoryFiles, spool: number, offset: number): void {
  const content = files.contentOf(spoolsOf(files)[spool] ?? '')
  const at = offset < 0 ? content.length + offset : offset
  content[at] = (content[at] ?? 0) ^ 16
}
