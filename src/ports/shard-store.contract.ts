import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hex, type Bytes } from '../core/bytes.ts'
import { brandBytes, type SegmentId, type ShardId, type GroupId } from '../core/ids.ts'
import type { ShardFacts, ShardStore } from './shard-store.ts'
import { codeOf } from '../core/errors.ts'

/** A store and a function that stands in for a restart of the program. */
export interface ShardStoreBench {
  readonly store: ShardStore
  /** Ends the store as a crash would, or closes it, and opens what it left. */
  reopen(): Promise<ShardStoreBench>
  close(): Promise<void>
}

const encoder = new TextEncoder()

/** Checks every rule of `ShardStore`; `open` returns an empty one each time. */
export function shardStoreContract(name: string, open: () => Promise<ShardStoreBench>): void {
  describe(`shard store contract: ${name}`, () => {
    let bench: ShardStoreBench
    beforeEach(async () => {
      bench = await open()
    })
    afterEach(() => bench.close())

    it('reads back a shard written in parts, at any offset', async () => {
      const bytes = pattern(100_003, 1)
      const facts = factsOf(1, bytes.length)
      await bench.store.write(facts, 0, bytes.subarray(0, 40_001), 10)
      await bench.store.write(facts, 40_001, bytes.subarray(40_001), 11)
      await bench.store.seal(facts.shardId, 12)
      for (const [offset, length] of [
        [0, 100_003],
        [16, 32],
        [1, 15],
        [17, 70_001],
        [100_002, 1],
        [5, 0],
      ] as const) {
        expect(hex(await bench.store.read(facts.shardId, offset, length))).toBe(hex(bytes.subarray(offset, offset + length)))
      }
    })

    it('lists what it has, whole and half-done, with all its facts', async () => {
      const whole = factsOf(1, 64)
      const draft = factsOf(2, 128)
      await bench.store.write(whole, 0, pattern(64, 1), 10)
      await bench.store.seal(whole.shardId, 12)
      await bench.store.write(draft, 0, pattern(100, 2), 20)
      const entries = [...(await bench.store.list())].sort((a, b) => a.index - b.index)
      expect(entries).toEqual([
        { ...whole, isWhole: true, kept: 64, at: 12 },
        { ...draft, isWhole: false, kept: 100, at: 20 },
      ])
    })

    it('says what a shard takes on disk: all of it, and more for a longer one', () => {
      const lengths = [1, 4096, 4097, 65_536, 1_000_000, 33_554_432]
      const sizes = lengths.map((length) => bench.store.sizeOnDisk(length))
      expect(sizes.every((size, at) => size > (lengths[at] ?? 0))).toBe(true)
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    })

    it('gives disk back and keeps everything', async () => {
      for (const number of [1, 2, 3, 4]) {
        await bench.store.write(factsOf(number, 5000), 0, pattern(5000, number), 10)
        if (number !== 4) await bench.store.seal(factsOf(number, 1).shardId, 12)
      }
      await bench.store.remove(factsOf(1, 1).shardId)
      await bench.store.compact()
      const seen = async (): Promise<readonly string[]> =>
        Promise.all([2, 3, 4].map(async (number) => hex(await bench.store.read(factsOf(number, 1).shardId, 0, 5000))))
      expect(await seen()).toEqual([2, 3, 4].map((number) => hex(pattern(5000, number))))
      bench = await bench.reopen()
      expect(await seen()).toEqual([2, 3, 4].map((number) => hex(pattern(5000, number))))
    })

    it('resumes a draft after a restart from what it kept', async () => {
      const bytes = pattern(50_000, 3)
      const facts = factsOf(3, bytes.length)
      await bench.store.write(facts, 0, bytes.subarray(0, 30_000), 10)
      bench = await bench.reopen()
      const [entry] = await bench.store.list()
      expect(entry).toEqual({ ...facts, isWhole: false, kept: 30_000, at: 10 })
      expect(hex(await bench.store.read(facts.shardId, 0, 30_000))).toBe(hex(bytes.subarray(0, 30_000)))
      await bench.store.write(facts, 30_000, bytes.subarray(30_000), 11)
      await bench.store.seal(facts.shardId, 12)
      expect(hex(await bench.store.read(facts.shardId, 0, 50_000))).toBe(hex(bytes))
    })

    it('keeps whole shards over a restart', async () => {
      const facts = await keep(bench.store, 4, 1000)
      bench = await bench.reopen()
      expect(await bench.store.list()).toEqual([{ ...facts, isWhole: true, kept: 1000, at: 12 }])
      expect(hex(await bench.store.read(facts.shardId, 0, 1000))).toBe(hex(pattern(1000, 4)))
    })

    it('takes bytes of a draft again from an earlier offset', async () => {
      const bytes = pattern(4096, 5)
      const facts = factsOf(5, bytes.length)
      await bench.store.write(facts, 0, pattern(3000, 6), 10)
      await bench.store.write(facts, 1000, bytes.subarray(1000), 11)
      await bench.store.write(facts, 0, bytes.subarray(0, 1000), 12)
      await bench.store.seal(facts.shardId, 13)
      expect(hex(await bench.store.read(facts.shardId, 0, 4096))).toBe(hex(bytes))
    })

    it('refuses a gap, bytes beyond the end and an incomplete shard as broken invariants', async () => {
      const facts = factsOf(6, 100)
      await expect(bench.store.write(facts, 1, pattern(10, 1), 1)).rejects.toThrow('broken invariant')
      await expect(bench.store.write(facts, 0, pattern(101, 1), 1)).rejects.toThrow('broken invariant')
      expect(await bench.store.list()).toEqual([])
      await bench.store.write(facts, 0, pattern(99, 1), 1)
      await expect(bench.store.seal(facts.shardId, 2)).rejects.toThrow('broken invariant')
    })

    it('throws not-found for a shard that is not here, and for bytes not kept yet', async () => {
      const facts = factsOf(7, 100)
      expect(await codeOfRejection(bench.store.read(facts.shardId, 0, 1))).toBe('not-found')
      expect(await codeOfRejection(bench.store.seal(facts.shardId, 1))).toBe('not-found')
      await bench.store.write(facts, 0, pattern(50, 1), 1)
      expect(await codeOfRejection(bench.store.read(facts.shardId, 40, 20))).toBe('not-found')
    })

    it('forgets a removed shard, drafts too, also over a restart', async () => {
      const facts = await keep(bench.store, 8, 300)
      const draft = factsOf(9, 300)
      await bench.store.write(draft, 0, pattern(10, 1), 1)
      await bench.store.remove(facts.shardId)
      await bench.store.remove(draft.shardId)
      await bench.store.remove(draft.shardId)
      expect(await codeOfRejection(bench.store.read(facts.shardId, 0, 1))).toBe('not-found')
      bench = await bench.reopen()
      expect(await bench.store.list()).toEqual([])
    })

    it('takes many shards at once', async () => {
      const all = await Promise.all(Array.from({ length: 40 }, (_, number) => keep(bench.store, number + 10, 2056)))
      const read = await Promise.all(all.map((facts) => bench.store.read(facts.shardId, 1024, 1032)))
      expect(read.every((bytes, number) => hex(bytes) === hex(pattern(2056, number + 10).subarray(1024)))).toBe(true)
      expect((await bench.store.list()).length).toBe(40)
    })
  })
}

/** Returns facts of a made-up shard; `number` tells it from others. */
export function factsOf(number: number, length: number): ShardFacts {
  return {
    shardId: brandBytes<ShardId>(pattern(32, number)),
    groupId: brandBytes<GroupId>(pattern(32, number + 100)),
    segmentId: brandBytes<SegmentId>(pattern(32, number + 200)),
    index: number % 255,
    length,
  }
}

/** Bytes that differ from place to place and from `seed` to seed. */
export function pattern(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length)
  bytes.set(encoder.encode(`pattern ${seed} `).subarray(0, length))
  for (let at = 12; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed * 131) % 251
  return bytes
}

/** Keeps a whole shard of `pattern(length, number)`. */
export async function keep(store: ShardStore, number: number, length: number): Promise<ShardFacts> {
  const facts = factsOf(number, length)
  await store.write(facts, 0, pattern(length, number), 11)
  await store.seal(facts.shardId, 12)
  return facts
}

async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => 'no error',
    (error: unknown) => codeOf(error),
  )
}
