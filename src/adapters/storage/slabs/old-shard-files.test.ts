import { describe, expect, it } from 'vitest'
import { hex } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import type { Files } from '../../../ports/files.ts'
import { factsOf, pattern } from '../../../ports/shard-store.contract.ts'
import { withFileFaults } from '../../memory/faulty-files.ts'
import { createMemoryFiles } from '../../memory/memory-files.ts'
import { FOOTER_BYTES } from './shard-footer.ts'
import { layoutOf, slotBytesFor } from './slab-layout.ts'

import { openStore, numbersOf, writeOld } from '../../memory/slab-store.rig.ts'

describe('shards of one file each', () => {
  it('[DSK4] are taken into slabs as they are, drafts too, what was torn is lost, and a file of somebody else stays', async () => {
    const files = createMemoryFiles()
    await writeOld(files, 1, 200_000, 200_000)
    await writeOld(files, 2, 3000, 1000)
    for (const name of ['readme', 'ab'.repeat(32)])
      await (await files.open(`shards/${name}`, { create: true })).write(0, new Uint8Array(500))
    const store = await openStore(files)
    expect([...store.lost].sort()).toEqual(['ab'.repeat(32)])
    await store.settled()
    expect(files.paths().filter((path) => path.startsWith('shards/'))).toEqual(['shards/readme'])
    for (const open of [store, await openStore(files)]) {
      expect((await open.list()).toSorted((a, b) => a.index - b.index)).toEqual([
        { ...factsOf(1, 200_000), isWhole: true, kept: 200_000, at: 3 },
        { ...factsOf(2, 3000), isWhole: false, kept: 1000, at: 3 },
      ])
      expect(hex(await open.read(factsOf(1, 1).shardId, 0, 200_000))).toBe(hex(pattern(200_000, 1)))
    }
    await store.write(factsOf(2, 3000), 1000, pattern(3000, 2).subarray(1000), 4)
    await store.seal(factsOf(2, 1).shardId, 5)
    expect(hex(await store.read(factsOf(2, 1).shardId, 0, 3000))).toBe(hex(pattern(3000, 2)))
  })

  it('are all there whenever the program ends while they are taken over', async () => {
    const old = async () => {
      const files = createMemoryFiles()
      for (const number of [1, 2, 3]) await writeOld(files, number, 100, 100)
      return files
    }
    const counted = withFileFaults(await old(), {})
    await (await openStore(counted)).settled()
    for (let diesAt = 0; diesAt <= counted.written(); diesAt++) {
      const files = await old()
      const dying = openStore(withFileFaults(files, { diesAt }))
      await dying.then((store) => store.settled()).catch(() => undefined)
      const store = await openStore(files)
      expect([diesAt, numbersOf(await store.list())]).toEqual([diesAt, [1, 2, 3]])
      for (const number of [1, 2, 3]) expect(hex(await store.read(factsOf(number, 1).shardId, 0, 100))).toBe(hex(pattern(100, number)))
    }
  })

  it('are there at once and where they are while the disk has no room, and move when it has', async () => {
    const files = createMemoryFiles({ capacityBytes: 1_000_000 })
    for (const number of [1, 2, 3]) await writeOld(files, number, 300_000, 300_000)
    await writeOld(files, 4, 9000, 1000)
    const store = await openStore(files)
    expect(numbersOf(await store.list())).toEqual([1, 2, 3, 4])
    await store.settled()
    for (const open of [store, await openStore(files)]) {
      expect(numbersOf(await open.list())).toEqual([1, 2, 3, 4])
      for (const number of [1, 2, 3])
        expect(hex(await open.read(factsOf(number, 1).shardId, 0, 300_000))).toBe(hex(pattern(300_000, number)))
    }
    // A draft goes on where it lies.
    await store.write(factsOf(4, 9000), 1000, pattern(9000, 4).subarray(1000), 4)
    await store.seal(factsOf(4, 1).shardId, 5)
    const again = await openStore(files)
    expect(hex(await again.read(factsOf(4, 1).shardId, 0, 9000))).toBe(hex(pattern(9000, 4)))
    await again.remove(factsOf(1, 1).shardId)
    await again.settled()
    expect(files.paths().filter((path) => path.startsWith('shards/'))).toEqual([])
    for (const open of [again, await openStore(files)]) {
      expect(numbersOf(await open.list())).toEqual([2, 3, 4])
      for (const number of [2, 3]) expect(hex(await open.read(factsOf(number, 1).shardId, 0, 300_000))).toBe(hex(pattern(300_000, number)))
    }
  })

  it('are there but for the one that the disk does not give, which is left where it is', async () => {
    const files = createMemoryFiles()
    for (let number = 1; number <= 40; number++) await writeOld(files, number, 100, 100)
    const bad = `shards/${hex(factsOf(7, 1).shardId)}`
    const damaged: Files = {
      ...files,
      async open(path, options) {
        const file = await files.open(path, options)
        return path === bad ? { ...file, read: () => Promise.reject(new HoardError('storage-damaged', { path })) } : file
      },
    }
    const store = await openStore(damaged)
    expect(store.lost).toEqual([hex(factsOf(7, 1).shardId)])
    expect((await store.list()).length).toBe(39)
    await store.settled()
    expect(files.paths().filter((path) => path.startsWith('shards/'))).toEqual([bad])
    expect((await (await openStore(files)).list()).length).toBe(40)
  })

  it('for which there is no room keep neither smaller ones from moving nor slabs from being cut off', async () => {
    const files = createMemoryFiles({ capacityBytes: 1_100_000 })
    await writeOld(files, 1, 900_000, 900_000)
    for (const number of [2, 3, 4]) await writeOld(files, number, 5000, 5000)
    const store = await openStore(files)
    await store.settled()
    expect(files.paths().filter((path) => path.startsWith('shards/'))).toEqual([`shards/${hex(factsOf(1, 1).shardId)}`])
    for (const number of [2, 3]) await store.remove(factsOf(number, 1).shardId)
    await store.compact()
    await store.settled()
    expect(files.usedBytes()).toBe(900_000 + FOOTER_BYTES + layoutOf(slotBytesFor(5000)).endOf(0))
    for (const open of [store, await openStore(files)]) {
      expect(numbersOf(await open.list())).toEqual([1, 4])
      expect(hex(await open.read(factsOf(1, 1).shardId, 0, 900_000))).toBe(hex(pattern(900_000, 1)))
      expect(hex(await open.read(factsOf(4, 1).shardId, 0, 5000))).toBe(hex(pattern(5000, 4)))
    }
  })
})
