import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, hex } from '../../../core/bytes.ts'
import type { Files } from '../../../ports/files.ts'
import { factsOf, keep, pattern } from '../../../ports/shard-store.contract.ts'
import { withFileFaults } from '../../memory/faulty-files.ts'
import { createMemoryFiles } from '../../memory/memory-files.ts'
import { layoutOf, slotBytesFor } from './slab-layout.ts'

import { holdReads, openStore, numbersOf, usedBytes } from '../../memory/slab-store.rig.ts'

const { endOf } = layoutOf(4096)

describe('shards when the program ends', () => {
  it('survive the end of the program at any byte: whole, or a draft whose kept bytes are right, or nothing', async () => {
    const bytes = pattern(300, 7)
    const facts = factsOf(7, bytes.length)
    const life = async (files: Files, answered: { isSealed: boolean; isOtherKept: boolean }) => {
      const store = await openStore(files)
      const other = await keep(store, 8, 200)
      answered.isOtherKept = true
      for (let offset = 0; offset < 300; offset += 100) await store.write(facts, offset, bytes.subarray(offset, offset + 100), 1)
      await store.seal(facts.shardId, 2)
      answered.isSealed = true
      answered.isOtherKept = false
      await store.remove(other.shardId)
      await keep(store, 9, 250)
    }
    const whole = createMemoryFiles()
    const counted = withFileFaults(whole, {})
    await life(counted, { isSealed: false, isOtherKept: false })
    for (let diesAt = 0; diesAt <= counted.written(); diesAt++) {
      const files = createMemoryFiles()
      const answered = { isSealed: false, isOtherKept: false }
      await life(withFileFaults(files, { diesAt }), answered).catch(() => undefined)
      const store = await openStore(files)
      let isRight = true
      for (const { shardId, index, kept, length, isWhole } of await store.list()) {
        const read = await store.read(shardId, 0, kept)
        isRight &&= equalBytes(read, pattern(length, index).subarray(0, kept)) && (!isWhole || kept === length)
      }
      const names = (await store.list()).filter(({ isWhole }) => isWhole).map(({ index }) => index)
      const isEnough = (!answered.isSealed || names.includes(7)) && (!answered.isOtherKept || names.includes(8))
      expect({ diesAt, isRight, isEnough }).toEqual({ diesAt, isRight: true, isEnough: true })
    }
  })

  it('are never torn and never lost once sealed, wherever the program ends among many of them, and used bytes are what is there', async () => {
    const lives = fc.array(
      fc.record({ number: fc.integer({ min: 1, max: 12 }), length: fc.integer({ min: 1, max: 150_000 }), isRemoved: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(lives, fc.double({ min: 0, max: 1, noNaN: true }), async (acts, part) => {
        const live = async (files: Files, sealed: Map<number, number>) => {
          const store = await openStore(files)
          await Promise.all(
            acts.map(async ({ number, length, isRemoved }, at) => {
              const own = number + 20 * at
              await keep(store, own, length)
              sealed.set(own, length)
              if (!isRemoved) return
              sealed.delete(own)
              await store.remove(factsOf(own, length).shardId)
            }),
          )
        }
        const counted = withFileFaults(createMemoryFiles(), {})
        await live(counted, new Map())
        const files = createMemoryFiles()
        const sealed = new Map<number, number>()
        await live(withFileFaults(files, { diesAt: Math.floor(part * counted.written()) }), sealed).catch(() => undefined)
        // Other works of the same life run on until each of them fails.
        await new Promise((resolve) => setImmediate(resolve))
        const store = await openStore(files)
        const entries = await store.list()
        for (const [number, length] of sealed) {
          const { shardId } = factsOf(number, length)
          if (!equalBytes(await store.read(shardId, 0, length), pattern(length, number))) return false
        }
        for (const { shardId, kept, length, index, isWhole } of entries) {
          if (isWhole && kept !== length) return false
          const isOurs = equalBytes(await store.read(shardId, 0, kept), pattern(length, index).subarray(0, kept))
          if (!isOurs) return false
        }
        const again = await (await openStore(files)).list()
        return usedBytes(again) === usedBytes(entries) && new Set(again.map(({ shardId }) => hex(shardId))).size === again.length
      }),
      { numRuns: 150 },
    )
  })
})

describe('slabs', () => {
  it('use a freed slot again, in place', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    for (const number of [1, 2, 3]) await keep(store, number, 4096)
    const used = files.usedBytes()
    for (let round = 4; round < 40; round++) {
      await store.remove(factsOf(round - 3, 1).shardId)
      await keep(store, round, 4096)
    }
    expect(files.usedBytes()).toBe(used)
    expect((await store.list()).length).toBe(3)
  })

  it('that hold little are emptied into others and unlinked, with every shard still there, also when the program ends at any point of it', async () => {
    const slabBytes = endOf(11)
    const fillUp = async (files: Files) => {
      const store = await openStore(files, { slabBytes })
      for (let number = 1; number <= 24; number++) await keep(store, number, 4000)
      for (let number = 1; number <= 16; number++) if (number !== 5) await store.remove(factsOf(number, 1).shardId)
      await store.settled()
      return store
    }
    const counted = createMemoryFiles()
    const faulty = withFileFaults(counted, {})
    const store = await fillUp(faulty)
    expect(counted.paths().length).toBe(1)
    expect(numbersOf(await store.list())).toEqual([5, 17, 18, 19, 20, 21, 22, 23, 24])
    for (const { shardId, index } of await store.list()) expect(hex(await store.read(shardId, 0, 4000))).toBe(hex(pattern(4000, index)))
    for (let diesAt = faulty.written() - 5000; diesAt < faulty.written(); diesAt += 7) {
      const files = createMemoryFiles()
      const cut = withFileFaults(files, { diesAt })
      await fillUp(cut).catch(() => undefined)
      const after = await openStore(files, { slabBytes })
      const numbers = numbersOf(await after.list())
      const isThere = [5, 17, 18, 19, 20, 21, 22, 23, 24].every((number) => numbers.includes(number))
      expect({ diesAt, isThere, isOnce: new Set(numbers).size === numbers.length }).toEqual({ diesAt, isThere: true, isOnce: true })
      for (const { shardId, index } of await after.list()) expect(hex(await after.read(shardId, 0, 4000))).toBe(hex(pattern(4000, index)))
    }
  })

  it('are cut off behind what they keep, also when there is but one of a class and when the program ends at any point of it', async () => {
    const length = 160_000
    const left = [3, 12, 19, 20]
    const thinOut = async (files: Files, onFilled = () => {}) => {
      const store = await openStore(files)
      for (let number = 1; number <= 20; number++) await keep(store, number, length)
      onFilled()
      for (let number = 1; number <= 20; number++) if (!left.includes(number)) await store.remove(factsOf(number, 1).shardId)
      await store.settled()
      return store
    }
    const counted = createMemoryFiles()
    const faulty = withFileFaults(counted, {})
    let filled = 0
    const store = await thinOut(faulty, () => (filled = faulty.written()))
    // The store gives back by itself what is worth it, and down to the last byte when it is asked to.
    expect(counted.usedBytes()).toBeLessThan(1.4 * left.length * length + 1024 * 1024)
    await store.compact()
    await store.settled()
    const layout = layoutOf(slotBytesFor(length))
    expect(counted.usedBytes()).toBe(layout.endOf(left.length - 1))
    for (const open of [store, await openStore(counted)]) {
      expect(numbersOf(await open.list())).toEqual(left)
      for (const number of left) expect(hex(await open.read(factsOf(number, 1).shardId, 0, length))).toBe(hex(pattern(length, number)))
    }
    const moved = faulty.written()
    expect(moved - filled).toBeGreaterThan(2 * length)
    for (let diesAt = filled; diesAt < moved; diesAt += Math.floor(length / 3)) {
      const files = createMemoryFiles()
      await thinOut(withFileFaults(files, { diesAt })).catch(() => undefined)
      const after = await openStore(files)
      const numbers = numbersOf(await after.list())
      const isThere = left.every((number) => numbers.includes(number))
      expect({ diesAt, isThere, isOnce: new Set(numbers).size === numbers.length }).toEqual({ diesAt, isThere: true, isOnce: true })
      for (const { shardId, index } of await after.list())
        expect(hex(await after.read(shardId, 0, length))).toBe(hex(pattern(length, index)))
    }
  })

  it('take little more of the disk than what they keep: a sixteenth for the class, as much for growth, and their footers', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const lengthOf = (number: number): number => 525_000 + 613 * number
    for (let number = 1; number <= 120; number++) await keep(store, number, lengthOf(number))
    const footers = () => files.paths().length * 2 * 64 * layoutOf(slotBytesFor(lengthOf(1))).footerBytes
    const kept = usedBytes(await store.list())
    expect(files.usedBytes()).toBeLessThan((17 / 16) ** 2 * kept + footers())
    // The store gives back the room of removed shards, except an eighth of a slab or what is not worth a move.
    for (let number = 1; number <= 120; number++) if (number % 5 > 1) await store.remove(factsOf(number, 1).shardId)
    await store.settled()
    const left = usedBytes(await store.list())
    expect(files.usedBytes()).toBeLessThan((17 / 16) * (8 / 7) * left + footers())
    await store.compact()
    await store.settled()
    expect(files.usedBytes()).toBeLessThan((17 / 16) * left + footers())
  })

  it('are cut off to the last slot when that is asked for while others are cut off already', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    for (let number = 1; number <= 20; number++) await keep(store, number, number > 10 ? 160_000 : 4000)
    for (const number of [3, 12, 14, 16, 18, 19, 20, 11, 13]) await store.remove(factsOf(number, 1).shardId)
    await store.compact()
    await store.settled()
    expect(files.usedBytes()).toBe(endOf(8) + layoutOf(slotBytesFor(160_000)).endOf(1))
  })

  it('are read rightly by whoever began before a shard moved and another took its slot', async () => {
    const { held, hold } = holdReads(createMemoryFiles())
    const store = await openStore(held)
    const draft = factsOf(3, 160_000)
    for (const number of [1, 2]) await keep(store, number, 160_000)
    await store.write(draft, 0, pattern(160_000, 3).subarray(0, 100_000), 1)
    const gate = hold()
    // No sum is known of the block that is half there.
    const reading = store.read(draft.shardId, 70_000, 1000)
    gate.letOthersPass()
    await store.remove(factsOf(1, 1).shardId)
    await store.compact()
    await store.settled()
    await keep(store, 4, 160_000)
    gate.release()
    expect(hex(await reading)).toBe(hex(pattern(160_000, 3).subarray(70_000, 71_000)))
  })

  it('have classes from 4 KiB to 32 MiB, at most a sixteenth apart, and reach no further than 1 GiB', async () => {
    const classes = [...new Set(Array.from({ length: 8192 }, (_, step) => slotBytesFor(Math.min(32 << 20, 4096 * (step + 1)))))]
    const small = [...new Set(Array.from({ length: 65536 }, (_, at) => slotBytesFor(at + 1)))]
    const all = [...new Set([...small, ...classes])]
    expect(all.every((size, at) => at === 0 || size / (all[at - 1] ?? 0) <= 17 / 16)).toBe(true)
    expect([all[0], all.at(-1)]).toEqual([4096, 32 << 20])
    expect(all.every((size) => layoutOf(size).endOf(layoutOf(size).slots - 1) <= 1024 ** 3)).toBe(true)
    fc.assert(fc.property(fc.integer({ min: 1, max: 32 << 20 }), (length) => slotBytesFor(length) >= length))
  })
})
