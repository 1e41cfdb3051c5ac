import { describe, expect, it } from 'vitest'
import { hex } from '../../../core/bytes.ts'
import { factsOf, keep, pattern } from '../../../ports/shard-store.contract.ts'
import { withFileFaults } from '../../memory/faulty-files.ts'
import { createMemoryFiles } from '../../memory/memory-files.ts'
import { createVirtualClock } from '../../memory/virtual-clock.ts'

import { layoutOf, slotBytesFor } from './slab-layout.ts'
import { openStore, watchFlushes } from '../../memory/slab-store.rig.ts'
import { codeOf } from '../../../core/errors.ts'

describe('flushes', () => {
  it('are shared by all that were written at once, and nobody is answered before the flush that covers it', async () => {
    const files = createMemoryFiles()
    const { watched, log } = watchFlushes(files)
    const store = await openStore(watched)
    await Promise.all([1, 2, 3, 4, 5, 6].map((number) => keep(store, number, 1000).then(() => log.push(`kept`))))
    expect(log).toEqual(['flush', 'kept', 'kept', 'kept', 'kept', 'kept', 'kept'])
  })

  it('wait 200 ms for a write that is under way, and no longer', async () => {
    const clock = createVirtualClock()
    const files = createMemoryFiles()
    const { watched, log, hold } = watchFlushes(files)
    const store = await openStore(watched, { clock })
    const first = await keep(store, 1, 1000)
    log.length = 0
    const facts = factsOf(2, 1000)
    await store.write(facts, 0, pattern(1000, 2), 1)
    const release = hold()
    const slow = store.write(factsOf(3, 1000), 0, pattern(1000, 3), 1)
    const sealing = store.seal(facts.shardId, 2).then(() => log.push('sealed'))
    while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(199)
    expect(log).toEqual([])
    await clock.advance(1)
    await sealing
    expect(log).toEqual(['flush', 'sealed'])
    release()
    await slow
    expect(first.length).toBe(1000)
  })

  it('that fail are told to everyone they were for; what was acknowledged before stays, and all can be sealed again', async () => {
    const files = createMemoryFiles()
    const { watched, fail, failNoMore } = watchFlushes(files)
    const store = await openStore(watched)
    await keep(store, 1, 1000)
    fail()
    const results = await Promise.allSettled([2, 3, 4].map((number) => keep(store, number, 1000)))
    expect(results.map((result) => result.status === 'rejected' && codeOf(result.reason))).toEqual(Array(3).fill('storage-full'))
    expect((await store.list()).filter(({ isWhole }) => isWhole).map(({ index }) => index)).toEqual([1])
    failNoMore()
    for (const number of [2, 3, 4]) await store.seal(factsOf(number, 1000).shardId, 5)
    expect((await (await openStore(files)).list()).filter(({ isWhole }) => isWhole).length).toBe(4)
  })

  it('that fail in one slab fail for nobody in another', async () => {
    const files = createMemoryFiles()
    const { watched, fail } = watchFlushes(files)
    const store = await openStore(watched)
    await Promise.all([keep(store, 1, 1000), keep(store, 2, 9000)])
    fail('slabs/4096-0')
    const results = await Promise.allSettled([3, 4, 5, 6].map((number) => keep(store, number, number % 2 === 0 ? 9000 : 1000)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    const again = await openStore(files)
    for (const number of [4, 6]) expect(hex(await again.read(factsOf(number, 1).shardId, 0, 9000))).toBe(hex(pattern(9000, number)))
  })

  it('take the footers of shards side by side in one write', async () => {
    const files = createMemoryFiles()
    const { watched, writes } = watchFlushes(files)
    const store = await openStore(watched)
    await Promise.all([1, 2, 3, 4, 5, 6].map((number) => keep(store, number, 5000)))
    const { footerBytes } = layoutOf(slotBytesFor(5000))
    expect(writes.filter((bytes) => bytes % footerBytes === 0)).toEqual([6 * footerBytes])
    expect((await (await openStore(files)).list()).filter(({ isWhole }) => isWhole).length).toBe(6)
  })

  it('go on for whoever fits when a full disk refuses one in the middle of a group', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = {}
    const store = await openStore(withFileFaults(files, faults))
    await keep(store, 1, 1000)
    faults.fullAt = 7000
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, number) => keep(store, number + 2, 1000)))
    const kept = results.flatMap((result, number) => (result.status === 'fulfilled' ? [number + 2] : []))
    expect(kept.length).toBeLessThan(8)
    const again = await openStore(files)
    for (const number of [1, ...kept]) expect(hex(await again.read(factsOf(number, 1).shardId, 0, 1000))).toBe(hex(pattern(1000, number)))
  })
})
