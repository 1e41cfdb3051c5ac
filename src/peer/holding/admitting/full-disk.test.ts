import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { equalBytes } from '../../../core/bytes.ts'
import { parsePolicy } from '../../../core/policy.ts'
import { getToKnow, quicklyKnown } from '../../../sim/acquaintance.rig.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders } from '../../../sim/world.ts'

const MIB = 1024 * 1024

test('a disk that is full in the middle of a store shrinks the offer to what is there, says so, and keeps all that it acknowledged', async () => {
  const policy = quicklyKnown(parsePolicy({ code: [{ holders: 3, k: 2, n: 4 }] }))
  const world = createWorld({ policy })
  const others = await startHolders(world, 3)
  const small = await world.start('small', { files: createMemoryFiles({ capacityBytes: 12 * MIB }) })
  const owner = await world.start('owner', { offerBytes: 0 })
  const give = () => small.peer.snapshot().give
  const contents = Array.from({ length: 8 }, (_nothing, at) => bytesOf(`film ${at}`, 4 * MIB))
  const ids = await world.run(owner.peer.storeFiles(contents.map((content, at) => dropped(`film ${at}`, content))))
  await world.until(() => ids.every((id) => (row(owner, id).meter?.value ?? 0) >= 3))
  await world.until(() => give().trouble !== undefined)
  expect(give()).toMatchObject({ isOn: true, offerBytes: 1_000_000_000, trouble: { code: 'storage-full' } })
  // The hello promises no room that is not there.
  await world.until(() => owner.peer.snapshot().people.some(({ peer, roomBytes }) => peer === small.peerId && roomBytes === 0))
  const pieces = give().pieces
  expect(pieces).toBeGreaterThan(1)
  expect(pieces).toBeLessThan(8)

  const kept = ids.filter((id) => row(owner, id).meter?.value === 4)
  expect(kept.length).toBe(pieces)
  await getToKnow(world, policy)
  for (const id of kept) await world.run(owner.peer.freeCopy(id))

  // Together with one other person it can rebuild every file of which it acknowledged a piece, even after it died.
  for (const gone of [small, ...others.slice(1)]) world.kill(gone)
  const again = await world.start('small', { files: small.files })
  await world.until(() => owner.peer.snapshot().connection.people === 2)
  for (const id of kept) {
    const read = await world.run(owner.peer.openFile(id).then((file) => collect(file)))
    expect([id, equalBytes(read, contents[ids.indexOf(id)] ?? new Uint8Array())]).toEqual([id, true])
  }
  // A new offer clears the trouble and tries the disk again.
  await world.run(again.peer.setOffer({ isOn: true, offerBytes: 500_000_000 }))
  expect(again.peer.snapshot().give.trouble).toBe(undefined)
})
