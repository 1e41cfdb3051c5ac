import { expect, test } from 'vitest'
import { bytesOf, collect, createWorld, dropped } from '../../../sim/world.ts'

test('[FNM4] a file that no format has room for is named, and the rest of the drop goes in', async () => {
  const world = createWorld()
  const { peer } = await world.start('owner')
  const content = bytesOf('ok', 500)
  const deep = { ...dropped('deep.txt', content), path: '研究資料'.repeat(100) }
  const files = [dropped('first.txt', content), deep, dropped('n'.repeat(1025), content), dropped('last.txt', content)]
  await expect(world.run(peer.storeFiles(files))).rejects.toMatchObject({
    code: 'file-refused',
    facts: { reason: 'path', bytes: 1200, most: 1024, count: 2 },
  })
  await world.until(() => peer.snapshot().files.length === 2)
  expect(new Set(peer.snapshot().files.map(({ name }) => name))).toEqual(new Set(['first.txt', 'last.txt']))
  const id = peer.snapshot().files.find(({ name }) => name === 'last.txt')?.id ?? ''
  await world.until(() => peer.snapshot().files.every(({ canDownload }) => canDownload))
  expect(await world.run(peer.openFile(id).then((file) => collect(file)))).toEqual(content)
})

test('[FNM4] a name, a path and a type at their limits are stored, shared and opened', async () => {
  const world = createWorld()
  for (let at = 0; at < 4; at++) await world.start(`holder ${at}`)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('limits', 500)
  const blob = new Blob([content], { type: `text/${'x'.repeat(300)}` })
  const name = `${'n'.repeat(1020)}.txt`
  const [id = ''] = await world.run(owner.peer.storeFiles([{ name, path: 'p'.repeat(1024), blob }]))
  await world.until(() => owner.peer.snapshot().files.some(({ canShare }) => canShare))
  const link = await world.run(owner.peer.share(id))
  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(link)
  const file = await world.run(opened.file())
  expect(await world.run(collect(file))).toEqual(content)
  expect(file.name).toBe(`${'n'.repeat(196)}.txt`)
  opened.close()
})

test('[FNM1] [FNM2] [VLT12] a name made to look like another is shown in its order, to its owner and to the reader of its link', async () => {
  const world = createWorld()
  for (let at = 0; at < 4; at++) await world.start(`holder ${at}`)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('photo\u202egnp.exe\n..', bytesOf('a', 10))]))
  await world.until(() => owner.peer.snapshot().files.some(({ canShare }) => canShare))
  expect(owner.peer.snapshot().files.map(({ name }) => name)).toEqual(['photognp.exe_..'])
  expect((await world.run(owner.peer.openFile(id))).name).toBe('photognp.exe_')
  const reader = await world.start('reader', { offerBytes: 0 })
  const opened = reader.peer.openLink(await world.run(owner.peer.share(id)))
  expect((await world.run(opened.file())).name).toBe('photognp.exe_')
  expect(opened.snapshot().name).toBe('photognp.exe_..')
  opened.close()
})

test('a row says until when people were asked to keep the file, and until when its link opens', async () => {
  const world = createWorld()
  for (let at = 0; at < 4; at++) await world.start(`holder ${at}`)
  const { peer } = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(peer.storeFiles([dropped('a.txt', bytesOf('a', 10))]))
  expect(peer.snapshot().files[0]?.keptUntil).toBeUndefined()
  await world.until(() => peer.snapshot().files.some(({ canShare }) => canShare))
  const addedAt = peer.snapshot().files[0]?.addedAt ?? 0
  const year = 365 * 86_400_000
  expect(peer.snapshot().files[0]?.keptUntil).toBeGreaterThanOrEqual(addedAt + year)
  expect(peer.snapshot().files[0]?.keptUntil).toBeLessThan(addedAt + 1.01 * year)
  await world.run(peer.share(id))
  await world.until(() => peer.snapshot().files[0]?.linkUntil !== undefined)
  expect(peer.snapshot().files[0]?.linkUntil).toBeGreaterThanOrEqual(addedAt + year)
})
