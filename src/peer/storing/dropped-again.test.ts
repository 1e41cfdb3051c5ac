import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { parsePolicy } from '../../core/policy.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { counted } from './one-content.rig.ts'
import { bytesOf, createWorld, dropped, readByLink, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'

const RECORD = 262_128
/** Two batches of 16 records are sealed before the page dies; the third is not. */
const SIZE = 40 * RECORD
const PEOPLE = 3
const policy = parsePolicy({ code: [{ holders: PEOPLE, k: 2, n: PEOPLE }], segment: { bytes: 32 * 262_144 } })

test('[SEA4] a pause while a file that was dropped again is compared does not make it the same', async () => {
  const { world, owner, id } = await sealedHalf()
  const version = changed(bytesOf('half', SIZE), 31)
  await startHolders(world, PEOPLE)
  // The pause comes at once, before anything is compared.
  await world.run(owner.peer.storeFiles([dropped('half', version)]).then(() => owner.peer.pause(id)))
  await world.until(() => row(owner, id).isPaused === true)
  await world.run(owner.peer.resume(id))
  await world.until(() => row(owner, id).canShare === true)
  await expectOnly(world, owner, version)
})

test('[SEA4] when another version cannot be begun the row says why, and the next try compares again', async () => {
  let isFull = false
  const { world, owner, id } = await sealedHalf((catalog) => ({
    ...catalog,
    async commit(changes) {
      if (isFull && changes.some(({ table }) => table === 'vault-log')) throw new HoardError('storage-full')
      await catalog.commit(changes)
    },
  }))
  const version = changed(bytesOf('half', SIZE), 0)
  await startHolders(world, PEOPLE)
  isFull = true
  expect(await world.run(owner.peer.storeFiles([dropped('half', version)]))).toEqual([id])
  await world.until(() => row(owner, id).explanation?.is === 'trouble')
  expect(row(owner, id).explanation).toMatchObject({ trouble: { code: 'storage-full' } })
  isFull = false
  await world.run(owner.peer.retry(id))
  await world.until(() => row(owner, id).canShare === true)
  await expectOnly(world, owner, version)
})

test('[SEA4] the same file is another version where nobody knows any more what was sealed of it', async () => {
  // A journal from before content was digested, or one that lost these rows.
  const { world, owner, id } = await sealedHalf((catalog) => ({
    ...catalog,
    all: async (table) => (await catalog.all(table)).filter(({ key }) => !key.startsWith('content/')),
  }))
  const content = bytesOf('half', SIZE)
  await startHolders(world, PEOPLE)
  expect(await world.run(owner.peer.storeFiles([dropped('half', content)]))).toEqual([id])
  await world.until(() => row(owner, id).canShare === true)
  await expectOnly(world, owner, content)
})

test('[SEA4] small files of a pack that was sealed in part are another pack when they are dropped again', async () => {
  const world = createWorld({ policy })
  const dying: { owner?: RiggedPeer } = {}
  let isDead = false
  // The first two commits are the vault entry and the digest of the content; the page dies before the journal has anything sealed.
  const { catalog } = counted((commit) => {
    if (commit < 2) return undefined
    isDead = true
    if (dying.owner !== undefined) world.kill(dying.owner)
    return new Promise(() => undefined)
  })
  dying.owner = await world.start('owner', { offerBytes: 0, catalog })
  const [one, two] = [bytesOf('one', 3_000), bytesOf('two', 4_000)]
  await world.run(dying.owner.peer.storeFiles([dropped('one', one), dropped('two', two)]))
  await world.until(() => isDead)
  const owner = await world.start('owner', { files: dying.owner.files, offerBytes: 0 })
  await startHolders(world, PEOPLE)
  const versions = [one.map((byte) => byte ^ 1), two]
  const ids = await world.run(owner.peer.storeFiles([dropped('one', versions[0] ?? one), dropped('two', two)]))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true))
  for (const [at, id] of ids.entries()) {
    const link = await world.run(owner.peer.share(id))
    expect(equalBytes(await readByLink(world, link, `reader ${at}`), versions[at] ?? one)).toBe(true)
  }
  expect(owner.peer.snapshot().files).toHaveLength(2)
})

test('[SEA6] a link that is asked for twice at once is one link, and the same after a restart', async () => {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('twice', 5_000)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('twice', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const [first, second] = await world.run(Promise.all([owner.peer.share(id), owner.peer.share(id)]))
  expect(second).toBe(first)
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(row(again, id).linkPath).toBe(first)
  await world.until(() => again.peer.snapshot().connection.people === PEOPLE)
  expect(await world.run(again.peer.share(id))).toBe(first)
  expect(equalBytes(await readByLink(world, first), content)).toBe(true)
})

/** An owner whose page died when two batches of a file were sealed and one was being spooled, started again without the file. */
async function sealedHalf(catalog?: (catalog: Catalog) => Catalog) {
  const world = createWorld({ policy })
  let isStuck = false
  const first = await world.start('owner', {
    offerBytes: 0,
    outbox: (outbox) => ({
      ...outbox,
      write(name, offset, bytes) {
        isStuck ||= offset >= 32 * 262_144
        return isStuck ? new Promise(() => undefined) : outbox.write(name, offset, bytes)
      },
    }),
  })
  const [id = ''] = await world.run(first.peer.storeFiles([dropped('half', bytesOf('half', SIZE))]))
  await world.until(() => isStuck)
  world.kill(first)
  const owner = await world.start('owner', { files: first.files, offerBytes: 0, ...(catalog === undefined ? {} : { catalog }) })
  await world.until(() => row(owner, id).explanation?.is === 'drop-again')
  return { world, owner, id }
}

/** Returns `content` with one bit of a record turned. */
function changed(content: Uint8Array<ArrayBuffer>, record: number): Uint8Array<ArrayBuffer> {
  content[record * RECORD + 7] = (content[record * RECORD + 7] ?? 0) ^ 1
  return content
}

/** Expects one row, whose link leads to `content`. */
async function expectOnly(world: World, owner: RiggedPeer, content: Uint8Array): Promise<void> {
  const [file, ...others] = owner.peer.snapshot().files
  expect(others).toEqual([])
  const link = await world.run(owner.peer.share(file?.id ?? ''))
  expect(equalBytes(await readByLink(world, link), content)).toBe(true)
}
