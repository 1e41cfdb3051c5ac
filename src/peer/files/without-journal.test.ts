import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { equalBytes } from '../../core/bytes.ts'
import { parsePolicy } from '../../core/policy.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer } from '../../sim/world.ts'

const PEOPLE = 4
/** Segments so short that the large file has a manifest. */
const policy = parsePolicy({ code: [{ holders: PEOPLE, k: 2, n: PEOPLE }], segment: { bytes: 4 * 262_144 } })

test('[VLT11] a file that this device knows from the vault alone is read from people, and is not to be dropped again', async () => {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const owner = await world.start('owner', { offerBytes: 0 })
  const contents = [bytesOf('large', 3_000_000), bytesOf('one', 3_000), bytesOf('two', 4_000)]
  const names = ['large', 'one', 'two']
  const drop = names.map((name, at) => dropped(name, contents[at] ?? new Uint8Array()))
  const ids = await world.run(owner.peer.storeFiles(drop))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE))
  await world.run(owner.peer.close())
  await forgetJournal(owner)

  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => again.peer.snapshot().connection.people === PEOPLE)
  for (const id of ids) {
    expect(row(again, id)).toMatchObject({
      status: 'Waiting for people',
      explanation: { is: 'unsought' },
      canDownload: true,
      canShare: false,
    })
  }
  for (const [at, id] of ids.entries()) {
    const read = await world.run(again.peer.openFile(id).then((file) => collect(file)))
    expect([names[at], equalBytes(read, contents[at] ?? new Uint8Array())]).toEqual([names[at], true])
  }
  const spools = async () => (await again.files.list('outbox')).length
  const before = await spools()
  await world.until(() => ids.every((id) => row(again, id).meter?.value === PEOPLE))
  expect(await spools()).toBe(before)
  await world.run(again.peer.remove(ids[0] ?? ''))
  const left = () => again.peer.snapshot().files.map(({ name }) => name)
  await world.until(() => left().length === 2)
  expect(left().toSorted()).toEqual(['one', 'two'])
})

async function forgetJournal({ files }: RiggedPeer): Promise<void> {
  const { catalog } = await openMemoryStorage({ files, random: createSeededRandom('forget') })
  const notes = await catalog.all('journal')
  await catalog.commit(notes.map(({ key }) => ({ table: 'journal', key })))
}
