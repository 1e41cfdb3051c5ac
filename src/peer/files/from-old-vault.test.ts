import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { bytesOf, collect, createWorld, dropped, readByLink, row, startHolders } from '../../sim/world.ts'
import { setBack } from '../vault/old-vault.rig.ts'

const PEOPLE = 4

test('[KEY5] [VLT11] files that were stored before folders are read, shared and deleted as before, by the same people', async () => {
  const world = createWorld({ policy: { ...defaultPolicy, trash: { holderMs: 1000, ownerMs: 1000 } } })
  const holders = await startHolders(world, PEOPLE)
  const owner = await world.start('owner', { offerBytes: 0 })
  const contents = [bytesOf('large', 1_100_000), bytesOf('one', 3_000), bytesOf('two', 4_000)]
  const names = ['large', 'one', 'two']
  const files = names.map((name, at) => ({ ...dropped(name, contents[at] ?? new Uint8Array()), path: at === 0 ? '' : 'letters/old' }))
  const ids = await world.run(owner.peer.storeFiles(files))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE))
  const link = await world.run(owner.peer.share(ids[0] ?? ''))
  const before = owner.peer.snapshot().files.map(({ name, folder, size, addedAt }) => ({ name, folder, size, addedAt }))
  await world.run(owner.peer.close())
  await setBack(owner.files)

  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  const rows = () => again.peer.snapshot().files
  expect(rows().map(({ name, folder, size, addedAt }) => ({ name, folder, size, addedAt }))).toEqual(before)
  await world.until(() => rows().every(({ canShare, meter }) => canShare && meter.value === PEOPLE))
  for (const { id, name } of rows()) {
    const read = await world.run(again.peer.openFile(id).then((file) => collect(file)))
    expect([name, equalBytes(read, contents[names.indexOf(name)] ?? new Uint8Array())]).toEqual([name, true])
  }
  const large = rows().find(({ name }) => name === 'large')
  expect(large?.linkPath).toBe(link)
  expect(await world.run(again.peer.share(large?.id ?? ''))).toBe(link)
  expect(equalBytes(await readByLink(world, link), contents[0] ?? new Uint8Array())).toBe(true)
  for (const { id } of rows()) await world.run(again.peer.remove(id))
  await world.until(() => holders.every(({ peer }) => peer.snapshot().give.pieces === 0))
  await world.run(again.peer.close())
  expect((await world.start('owner', { files: owner.files, offerBytes: 0 })).peer.snapshot().files).toEqual([])
})
