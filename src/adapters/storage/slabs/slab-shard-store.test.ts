import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hex, type Bytes } from '../../../core/bytes.ts'
import { factsOf, keep, pattern } from '../../../ports/shard-store.contract.ts'
import { withFileFaults } from '../../memory/faulty-files.ts'
import { createMemoryFiles } from '../../memory/memory-files.ts'
import { encodeFooter, FOOTER_BYTES, keyTagOf, readFooter } from './shard-footer.ts'
import { layoutOf } from './slab-layout.ts'

import { failure, openStore, storageKey, writeShardAt } from '../../memory/slab-store.rig.ts'

const SMALL = 'slabs/4096-0'
const { footerBytes, footerAt, payloadAt, endOf } = layoutOf(4096)

describe('shards on disk', () => {
  it('hold no byte of what was handed over, and the same bytes differ from one write to the next', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    await keep(store, 9, 4096)
    const facts = await keep(store, 1, 4096)
    const payload = () => files.contentOf(SMALL).slice(payloadAt(1), endOf(1))
    const first = payload()
    await store.remove(facts.shardId)
    await keep(store, 1, 4096)
    const plain = pattern(4096, 1)
    const sameAs = (a: Bytes, b: Bytes) => a.filter((byte, at) => byte === b[at]).length
    expect(sameAs(first, plain)).toBeLessThan(100)
    expect(sameAs(first, payload())).toBeLessThan(100)
  })

  it('are described by the footer of their slot: magic, version, facts, checksum', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 5, 3000)
    const footer = files.contentOf(SMALL).subarray(footerAt(0), footerAt(0) + footerBytes)
    expect(new TextDecoder().decode(footer.subarray(0, 4))).toBe('shrd')
    expect([...footer.subarray(4, 8)]).toEqual([1, 1, 5, 0])
    expect(new DataView(footer.slice().buffer).getBigUint64(8)).toBe(3000n)
    expect(hex(footer.subarray(32, 64))).toBe(hex(facts.shardId))
    expect(hex(footer.subarray(64, 96))).toBe(hex(facts.groupId))
    expect(hex(footer.subarray(96, 128))).toBe(hex(facts.segmentId))
  })

  it('are lost one by one to a flipped byte of their footer, whichever it is, and never take on other facts', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 1, 64)
    const whole = files.contentOf(SMALL).slice()
    for (let at = 0; at < FOOTER_BYTES + 8; at++) {
      const damaged = createMemoryFiles()
      await (await damaged.open(SMALL, { create: true })).write(0, whole)
      damaged.contentOf(SMALL)[at] = (whole[at] ?? 0) ^ 4
      const store = await openStore(damaged)
      expect([at, (await store.list()).length]).toEqual([at, 0])
      expect(store.lost).toEqual([`${SMALL}/0`])
      expect(damaged.usedBytes()).toBe(0)
      await keep(store, 1, 64)
      expect(hex(await store.read(facts.shardId, 0, 64))).toBe(hex(pattern(64, 1)))
    }
  })

  it('say so when a byte of their payload flipped, whichever it is, and give their room back when they are removed', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const facts = await keep(store, 1, 300)
    const content = files.contentOf(SMALL)
    for (let at = payloadAt(0); at < payloadAt(0) + 300; at++) {
      content[at] = (content[at] ?? 0) ^ 128
      for (const open of [store, await openStore(files)]) expect(await failure(open.read(facts.shardId, 10, 20))).toBe('storage-damaged')
      content[at] = (content[at] ?? 0) ^ 128
    }
    expect(hex(await store.read(facts.shardId, 0, 300))).toBe(hex(pattern(300, 1)))
    await store.remove(facts.shardId)
    expect(files.usedBytes()).toBe(0)
  })

  it('are lost when their slab was cut before their end, and the others are not', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    for (const number of [1, 2, 3]) await keep(store, number, 4000)
    await (await files.open(SMALL, { create: false })).truncate(payloadAt(1) + 3999)
    const cut = await openStore(files)
    expect((await cut.list()).map(({ index }) => index)).toEqual([1])
    expect(cut.lost).toEqual([`${SMALL}/1`, `${SMALL}/2`])
    await keep(cut, 2, 4000)
    expect(hex(await cut.read(factsOf(2, 1).shardId, 0, 4000))).toBe(hex(pattern(4000, 2)))
  })

  it('[DSK4] under another key, and files that are no slabs, are left alone, unlisted', async () => {
    const files = createMemoryFiles()
    await keep(await openStore(files), 1, 64)
    for (const name of ['readme', '4097-0', '4096-00', '99999999999-1']) await files.open(`slabs/${name}`, { create: true })
    const before = hex(files.contentOf(SMALL))
    const underAnotherKey = await openStore(files, { storageKey: new Uint8Array(32).fill(9) })
    expect([underAnotherKey.lost, await underAnotherKey.list()]).toEqual([[], []])
    expect(hex(files.contentOf(SMALL))).toBe(before)
    expect(files.paths().length).toBe(5)
    expect((await (await openStore(files)).list()).map(({ index }) => index)).toEqual([1])
  })

  it('of a later version of the app are left alone, unlisted, and their slot is not used', async () => {
    const files = createMemoryFiles()
    await keep(await openStore(files), 1, 64)
    const footer = files.contentOf(SMALL).subarray(0, FOOTER_BYTES)
    footer[4] = 2
    const digest = new Uint8Array(await webcrypto.subtle.digest('SHA-256', footer.slice(0, FOOTER_BYTES - 8)))
    footer.set(digest.subarray(0, 8), FOOTER_BYTES - 8)
    expect(readFooter(footer, new Uint8Array(8)).is).toBe('newer')
    const before = footer.slice()
    const store = await openStore(files)
    expect([await store.list(), store.lost]).toEqual([[], []])
    const facts = await keep(store, 2, 64)
    await store.remove(facts.shardId)
    expect(hex(files.contentOf(SMALL).subarray(0, FOOTER_BYTES))).toBe(hex(before))
  })

  it('lie on, and go on, in a slab of the wider classes that earlier versions had', async () => {
    const files = createMemoryFiles()
    const wide = layoutOf(10_240)
    const facts = factsOf(1, 9000)
    const slot = { payloadAt: wide.payloadAt(2), footerAt: wide.footerAt(2) }
    await writeShardAt(files, 'slabs/10240-0', slot, { ...facts, isWhole: false, kept: 6000, at: 3 })
    await (await files.open('slabs/10240-0', { create: false })).truncate(wide.endOf(2))
    const store = await openStore(files)
    expect(await store.list()).toEqual([{ ...facts, isWhole: false, kept: 6000, at: 3 }])
    await store.write(facts, 6000, pattern(9000, 1).subarray(6000), 4)
    await store.seal(facts.shardId, 5)
    await store.compact()
    await store.settled()
    expect(files.paths()).toEqual(['slabs/10240-0'])
    expect(files.usedBytes()).toBe(wide.endOf(0))
    for (const open of [store, await openStore(files)]) expect(hex(await open.read(facts.shardId, 0, 9000))).toBe(hex(pattern(9000, 1)))
  })

  it('reserve their room at the first write: a full disk refuses a shard before its bytes come', async () => {
    const files = createMemoryFiles({ capacityBytes: 60_000 })
    const store = await openStore(files)
    await keep(store, 1, 4000)
    const used = files.usedBytes()
    expect(await failure(store.write(factsOf(2, 80_000), 0, pattern(10, 2), 1))).toBe('storage-full')
    expect((await store.list()).length).toBe(1)
    expect(files.usedBytes()).toBe(used)
    await keep(store, 2, 4000)
  })

  it('leave nothing, not even a slot, when a full disk refuses them whole, and are written as soon as there is room', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = {}
    const faulty = withFileFaults(files, faults)
    const store = await openStore(faulty)
    await keep(store, 1, 4000)
    const used = files.usedBytes()
    for (const more of [0, 1, 3999]) {
      faults.fullAt = faulty.written() + more
      expect(await failure(keep(store, 2, 4000))).toBe('storage-full')
      expect((await store.list()).map(({ index }) => index)).toEqual([1])
      expect(files.usedBytes()).toBe(used)
    }
    faults.fullAt = Infinity
    await keep(store, 3, 4000)
    expect(files.usedBytes()).toBe(payloadAt(1) + 4000)
    const again = await openStore(files)
    for (const number of [1, 3]) expect(hex(await again.read(factsOf(number, 1).shardId, 0, 4000))).toBe(hex(pattern(4000, number)))
  })

  it('that come whole beside drafts are not touched by what makes room for these', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const lengthOf = (number: number): number => 4000 + 37 * (number % 3)
    const work = async (number: number) => {
      const facts = factsOf(number, lengthOf(number))
      const bytes = pattern(facts.length, number)
      if (number % 2 === 0) await store.write(facts, 0, bytes, 1)
      else
        for (const [from, to] of [
          [0, 1000],
          [1000, facts.length],
        ] as const)
          await store.write(facts, from, bytes.subarray(from, to), 1)
      await store.seal(facts.shardId, 2)
    }
    await Promise.all(Array.from({ length: 150 }, (_, at) => work(at + 1)))
    for (const open of [store, await openStore(files)])
      for (let number = 1; number <= 150; number++)
        expect(hex(await open.read(factsOf(number, 1).shardId, 0, lengthOf(number)))).toBe(hex(pattern(lengthOf(number), number)))
  })

  it('do not count bytes that a full disk cut short', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = {}
    const faulty = withFileFaults(files, faults)
    const store = await openStore(faulty)
    const facts = factsOf(1, 1000)
    await store.write(facts, 0, pattern(400, 1), 1)
    faults.fullAt = faulty.written() + 100
    expect(await failure(store.write(facts, 400, pattern(300, 2), 2))).toBe('storage-full')
    expect((await store.list())[0]?.kept).toBe(400)
    faults.fullAt = Infinity
    await store.write(facts, 400, pattern(1000, 1).subarray(400), 3)
    await store.seal(facts.shardId, 4)
    expect(hex(await store.read(facts.shardId, 0, 1000))).toBe(hex(pattern(1000, 1)))
  })

  it('are told as not-found, and no longer listed, when their slab went away under the program', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const facts = await keep(store, 1, 100)
    await keep(store, 2, 100)
    await files.removeAll()
    expect(await failure(store.read(facts.shardId, 0, 10))).toBe('not-found')
    expect(await store.list()).toEqual([])
    await keep(store, 1, 100)
  })

  it('are 200,000 at a start that reads footers alone, 64 at a time', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    await keep(store, 1, 64)
    const layout = layoutOf(4096)
    const first = files.contentOf(SMALL).slice(0, footerBytes)
    const tag = keyTagOf(storageKey)
    const sample = readFooter(first.subarray(0, FOOTER_BYTES), tag)
    if (sample.is !== 'ours') throw new Error('the sample is ours')
    const footerOf = (slot: number): Bytes => {
      const shardId = factsOf(1, 64).shardId.slice()
      new DataView(shardId.buffer).setUint32(0, slot)
      const bytes = new Uint8Array(footerBytes)
      const entry = { ...sample.footer.entry, shardId: shardId as typeof sample.footer.entry.shardId, isWhole: false }
      bytes.set(encodeFooter({ ...sample.footer, entry }, tag))
      return bytes
    }
    let [reads, bytesRead] = [0, 0]
    const made = { ...files, list: async (directory: string) => (directory === 'slabs' ? ['4096-0'] : []) }
    made.open = async () => ({
      ...(await files.open(SMALL, { create: true })),
      length: async () => layout.endOf(199_999),
      async read(offset: number, length: number) {
        reads++
        bytesRead += length
        const table = new Uint8Array(length)
        const extent = Math.floor(offset / layout.footerAt(64))
        for (let at = 0; at < 64; at++) if (64 * extent + at < 200_000) table.set(footerOf(64 * extent + at), at * footerBytes)
        return table
      },
    })
    const started = await openStore(made)
    expect((await started.list()).length).toBe(200_000)
    expect([reads, bytesRead]).toEqual([3125, 200_000 * footerBytes])
  })
})
