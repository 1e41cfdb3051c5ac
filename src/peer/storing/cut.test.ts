import { expect, test } from 'vitest'
import type { MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { createSealOracle } from '../../adapters/memory/seal-oracle.ts'
import { equalBytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { parsePolicy, type Policy } from '../../core/policy.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { getToKnow, quicklyKnown } from '../../sim/acquaintance.rig.ts'
import { bytesOf, createWorld, dropped, readByLink, row, type RiggedPeer, type World } from '../../sim/world.ts'

const MIB = 1024 * 1024
const RECORD = 262_128
const PEOPLE = Array.from({ length: 4 }, (_nothing, at) => `holder ${at}`)
const rows = [{ holders: 3, k: 2, n: 4 }]
const policy = parsePolicy({ code: rows, segment: { bytes: 8 * MIB } })
/** Policies that a network may have a week later, when the file is already cut by the first one. */
const later: readonly (readonly [string, Policy])[] = [
  ['shorter segments', parsePolicy({ code: rows, segment: { bytes: 2 * MIB } })],
  ['longer segments', parsePolicy({ code: rows, segment: { bytes: 32 * MIB } })],
  ['another row', parsePolicy({ code: [{ holders: 3, k: 3, n: 5 }], segment: { bytes: 8 * MIB } })],
]

test.each(later)('[SEG8] a file that is half stored is finished as it was cut, and its link opens it: %s', async (_name, next) => {
  const content = bytesOf('film', 50 * RECORD)
  const oracle = createSealOracle(crypto.subtle)
  const disks = new Map<string, MemoryFiles>()
  const before = createWorld({ seed: 'same', policy, oracle })
  await startPeople(before, PEOPLE, disks)
  // The device has room for 36 records: the first segment goes out, the file is not sealed.
  const first = await before.start('owner', { offerBytes: 0, outbox: (outbox) => narrow(outbox, 36) })
  await before.until(() => first.peer.snapshot().connection.people === PEOPLE.length)
  const [id = ''] = await before.run(first.peer.storeFiles([dropped('film', content)]))
  await before.until(() => row(first, id).explanation?.is === 'keep-open')
  const kept = () => disks.get('holder 0')?.paths().length
  expect(kept()).toBeGreaterThan(0)
  await before.run(first.peer.close())

  const world = createWorld({ seed: 'same', policy: next, oracle })
  await startPeople(world, PEOPLE, disks)
  const owner = await world.start('owner', { files: first.files, offerBytes: 0 })
  await world.until(() => row(owner, id).explanation?.is === 'drop-again')
  expect(await world.run(owner.peer.storeFiles([dropped('film', content)]))).toEqual([id])
  await world.until(() => row(owner, id).meter?.value === 4 && row(owner, id).canShare === true, 900_000)
  expect(equalBytes(await readByLink(world, await world.run(owner.peer.share(id))), content)).toBe(true)
})

test.each(later)('[SEA6] the manifest and the link of a stored file go to more people as they were sealed: %s', async (_name, next) => {
  const content = bytesOf('film', 50 * RECORD)
  const oracle = createSealOracle(crypto.subtle)
  const disks = new Map<string, MemoryFiles>()
  const before = createWorld({ seed: 'same', policy: quicklyKnown(policy), oracle })
  await startPeople(before, PEOPLE.slice(0, 3), disks)
  const first = await before.start('owner', { offerBytes: 0 })
  await before.until(() => first.peer.snapshot().connection.people === 3)
  const [id = ''] = await before.run(first.peer.storeFiles([dropped('film', content)]))
  await before.until(() => row(first, id).status === 'Fragile' && row(first, id).canShare === true)
  const link = await before.run(first.peer.share(id))
  await getToKnow(before, quicklyKnown(policy))
  await before.run(first.peer.freeCopy(id))
  const sealed = oracle.records()
  await before.run(first.peer.close())

  const world = createWorld({ seed: 'same', policy: next, oracle })
  await startPeople(world, PEOPLE.slice(0, 3), disks)
  const owner = await world.start('owner', { files: first.files, offerBytes: 0 })
  const [late] = await startPeople(world, ['late'], disks)
  // The newcomer is given pieces of the two root objects.
  await world.until(() => (late?.peer.snapshot().give.pieces ?? 0) >= 2, 900_000)
  expect(await world.run(owner.peer.share(id))).toBe(link)
  expect(oracle.records()).toBe(sealed)
  expect(equalBytes(await readByLink(world, await world.run(owner.peer.share(id))), content)).toBe(true)
})

/** An outbox that has room for only so many records of a file. */
function narrow(outbox: Outbox, records: number): Outbox {
  return {
    ...outbox,
    async write(name, offset, bytes) {
      if (!name.endsWith('.0000000') || offset >= records * 262_144) throw new HoardError('storage-full')
      await outbox.write(name, offset, bytes)
    },
  }
}

/** Starts people with the disks that they had in an earlier world. */
async function startPeople(world: World, names: readonly string[], disks: Map<string, MemoryFiles>): Promise<RiggedPeer[]> {
  const started: RiggedPeer[] = []
  for (const name of names) {
    const files = disks.get(name)
    const peer = await world.start(name, files === undefined ? {} : { files })
    disks.set(name, peer.files)
    started.push(peer)
  }
  return started
}
