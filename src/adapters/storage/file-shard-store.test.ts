import { webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import type { Files } from '../../ports/files.ts'
import { factsOf, keep, pattern } from '../../ports/shard-store.contract.ts'
import { withFileFaults } from '../memory/faulty-files.ts'
import { createMemoryFiles, type MemoryFiles } from '../memory/memory-files.ts'
import { createSeededRandom } from '../memory/seeded-random.ts'
import { openFileShardStore, type FileShardStore } from './file-shard-store.ts'
import { createShardCipher } from './shard-cipher.ts'
import { FOOTER_BYTES, readFooter } from './shard-footer.ts'
import type { ShardIndex } from './shard-index.ts'

describe('shards on disk', () => {
  it('hold no byte of what was handed over, and the same bytes differ from one write to the next', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const facts = await keep(store, 1, 4096)
    const first = contentOf(files, hex(facts.shardId)).slice()
    await store.remove(facts.shardId)
    await keep(store, 1, 4096)
    const second = contentOf(files, hex(facts.shardId))
    const plain = pattern(4096, 1)
    const sameAs = (a: Bytes, b: Bytes) => a.subarray(0, 4096).filter((byte, at) => byte === b[at]).length
    expect(sameAs(first, plain)).toBeLessThan(100)
    expect(sameAs(first, second)).toBeLessThan(100)
  })

  it('end in the footer that SPEC-independent readers know: magic, version, facts, checksum', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 5, 3000)
    const content = contentOf(files, hex(facts.shardId))
    expect(content.length).toBe(3000 + FOOTER_BYTES)
    const footer = content.subarray(3000)
    expect(new TextDecoder().decode(footer.subarray(0, 4))).toBe('shrd')
    expect([...footer.subarray(4, 8)]).toEqual([1, 1, 5, 0])
    expect(new DataView(footer.slice().buffer).getBigUint64(8)).toBe(3000n)
    expect(hex(footer.subarray(32, 64))).toBe(hex(facts.shardId))
    expect(hex(footer.subarray(64, 96))).toBe(hex(facts.groupId))
    expect(hex(footer.subarray(96, 128))).toBe(hex(facts.segmentId))
  })

  it('survive the end of the program at any byte: whole, or a draft whose kept bytes are right, or nothing', async () => {
    const bytes = pattern(300, 7)
    const facts = factsOf(7, bytes.length)
    const life = async (files: Files, answered: { bytes: number; isSealed: boolean }) => {
      const store = await openStore(files)
      for (let offset = 0; offset < 300; offset += 100) {
        await store.write(facts, offset, bytes.subarray(offset, offset + 100), 1)
        answered.bytes = offset + 100
      }
      await store.seal(facts.shardId, 2)
      answered.isSealed = true
    }
    for (let diesAt = 0; diesAt <= 5 * FOOTER_BYTES + 300; diesAt++) {
      const files = createMemoryFiles()
      const answered = { bytes: 0, isSealed: false }
      await life(withFileFaults(files, { diesAt }), answered).catch(() => undefined)
      const store = await openStore(files)
      const [entry] = await store.list()
      const kept = entry ? await store.read(facts.shardId, 0, entry.kept) : new Uint8Array()
      const isRight = equalBytes(kept, bytes.subarray(0, kept.length))
      // A footer torn in place takes its draft with it: nothing was promised for a draft, everything for what was sealed.
      const isEnough = !answered.isSealed || (entry?.isWhole === true && kept.length === 300)
      expect({ diesAt, isRight, isEnough }).toEqual({ diesAt, isRight: true, isEnough: true })
    }
  })

  it('are lost one by one to a flipped byte of their footer, whichever it is, and never take on other facts', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 1, 64)
    const whole = contentOf(files, hex(facts.shardId)).slice()
    for (let at = 64; at < whole.length; at++) {
      const damaged = createMemoryFiles()
      await (await damaged.open(`shards/${hex(facts.shardId)}`, { create: true })).write(0, whole)
      contentOf(damaged, hex(facts.shardId))[at] = (whole[at] ?? 0) ^ 4
      const store = await openStore(damaged)
      expect(await store.list()).toEqual([])
      expect(store.lost).toEqual([hex(facts.shardId)])
      expect(damaged.usedBytes()).toBe(0)
    }
  })

  it('are lost when they are foreign: of another name, another key, cut, lengthened or not ours at all', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 1, 64)
    const whole = contentOf(files, hex(facts.shardId)).slice()
    const strangers: Record<string, Bytes> = {
      ['ab'.repeat(32)]: whole,
      [hex(factsOf(2, 1).shardId)]: whole.slice(0, -1),
      [hex(factsOf(3, 1).shardId)]: new Uint8Array(0),
      [hex(factsOf(4, 1).shardId)]: new Uint8Array(1000).fill(5),
      readme: whole,
    }
    for (const [name, bytes] of Object.entries(strangers)) await (await files.open(`shards/${name}`, { create: true })).write(0, bytes)
    const store = await openStore(files)
    expect([...store.lost].sort()).toEqual(Object.keys(strangers).sort())
    expect((await store.list()).length).toBe(1)
    const underAnotherKey = await openStore(files, { storageKey: new Uint8Array(32).fill(9) })
    expect(underAnotherKey.lost).toEqual([hex(facts.shardId)])
  })

  it('of a later version of the app are left alone, unlisted', async () => {
    const files = createMemoryFiles()
    const facts = await keep(await openStore(files), 1, 64)
    const content = contentOf(files, hex(facts.shardId))
    const footer = content.subarray(64)
    footer[4] = 2
    const digest = new Uint8Array(await webcrypto.subtle.digest('SHA-256', footer.slice(0, FOOTER_BYTES - 8)))
    footer.set(digest.subarray(0, 8), FOOTER_BYTES - 8)
    expect(readFooter(footer, new Uint8Array(8)).is).toBe('newer')
    const store = await openStore(files)
    expect(await store.list()).toEqual([])
    expect(store.lost).toEqual([])
    expect(files.paths().length).toBe(1)
  })

  it('reserve their room at the first write: a full disk refuses a shard before its bytes come', async () => {
    const files = createMemoryFiles({ capacityBytes: 10_000 })
    const store = await openStore(files)
    await keep(store, 1, 5000)
    expect(codeOf(await store.write(factsOf(2, 8000), 0, pattern(10, 2), 1).catch((error: unknown) => error))).toBe('storage-full')
    expect((await store.list()).length).toBe(1)
    expect(files.usedBytes()).toBe(5000 + FOOTER_BYTES)
    await keep(store, 2, 4000)
  })

  it('do not count bytes that a full disk cut short', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = {}
    const faulty = withFileFaults(files, faults)
    const store = await openStore(faulty)
    const facts = factsOf(1, 1000)
    await store.write(facts, 0, pattern(400, 1), 1)
    faults.fullAt = faulty.written() + 100
    expect(codeOf(await store.write(facts, 400, pattern(300, 2), 2).catch((error: unknown) => error))).toBe('storage-full')
    expect((await store.list())[0]?.kept).toBe(400)
    faults.fullAt = Infinity
    await store.write(facts, 400, pattern(1000, 1).subarray(400), 3)
    await store.seal(facts.shardId, 4)
    expect(hex(await store.read(facts.shardId, 0, 1000))).toBe(hex(pattern(1000, 1)))
  })

  it('are told as not-found, and no longer listed, when their file went away under the program', async () => {
    const files = createMemoryFiles()
    const store = await openStore(files)
    const facts = await keep(store, 1, 100)
    await files.removeAll()
    expect(codeOf(await store.read(facts.shardId, 0, 10).catch((error: unknown) => error))).toBe('not-found')
    expect(await store.list()).toEqual([])
  })

  it('are listed from the index without opening a file, and from the disk when the index is lost or fails', async () => {
    const files = createMemoryFiles()
    const index = createMemoryIndex()
    await keep(await openStore(files, { index }), 1, 100)
    const unopenable: Files = { ...files, open: () => Promise.reject(new Error('opened')) }
    expect((await (await openStore(unopenable, { index })).list()).length).toBe(1)
    await index.clear()
    expect((await (await openStore(files, { index })).list()).length).toBe(1)
    expect(index.footers.size).toBe(1)
    const broken: ShardIndex = { load: fail, put: fail, remove: fail, clear: fail }
    const store = await openStore(files, { index: broken })
    const second = await keep(store, 2, 100)
    await store.remove(second.shardId)
    expect((await store.list()).length).toBe(1)
  })

  it('report as lost what the index knew and the disk no longer has', async () => {
    const files = createMemoryFiles()
    const index = createMemoryIndex()
    const facts = await keep(await openStore(files, { index }), 1, 100)
    await files.removeAll()
    const store = await openStore(files, { index })
    expect(store.lost).toEqual([hex(facts.shardId)])
    expect(index.footers.size).toBe(0)
  })
})

describe('the cipher of shards', () => {
  it('wraps any part as it wraps the whole, also where the counter wraps around', async () => {
    const cipher = await createShardCipher(globalThis.crypto.subtle, new Uint8Array(32).fill(3))
    const bytes = pattern(2000, 1)
    const ivs = [new Uint8Array(16), new Uint8Array(16).fill(255), Uint8Array.from({ length: 16 }, (_, at) => (at > 7 ? 255 : 1))]
    const wholes = await Promise.all(ivs.map((iv) => cipher.wrap(iv, 0, bytes)))
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(1999), fc.nat(2000), async (which, offset, length) => {
        const end = Math.min(2000, offset + length)
        const part = await cipher.wrap(ivs[which] ?? new Uint8Array(16), offset, bytes.subarray(offset, end))
        return equalBytes(part, (wholes[which] ?? new Uint8Array()).subarray(offset, end))
      }),
      { numRuns: 300 },
    )
  })

  it('is AES-256-CTR as others know it', async () => {
    // NIST SP 800-38A, F.5.5 CTR-AES256.Encrypt, first block.
    const key = hexBytes('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4')
    const cipher = await createShardCipher(globalThis.crypto.subtle, key)
    const wrapped = await cipher.wrap(hexBytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), 0, hexBytes('6bc1bee22e409f96e93d7e117393172a'))
    expect(hex(wrapped)).toBe('601ec313775789a5b7a7f504bbf3d228')
  })
})

function openStore(files: Files, parts: { readonly index?: ShardIndex; readonly storageKey?: Bytes } = {}): Promise<FileShardStore> {
  return openFileShardStore({
    files,
    subtle: globalThis.crypto.subtle,
    random: createSeededRandom('store'),
    storageKey: new Uint8Array(32).fill(1),
    ...parts,
  })
}

function contentOf(files: MemoryFiles, name: string): Bytes {
  return files.contentOf(`shards/${name}`)
}

function hexBytes(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}

function fail(): Promise<never> {
  return Promise.reject(new Error('the index is gone'))
}

function createMemoryIndex(): ShardIndex & { readonly footers: Map<string, Bytes> } {
  const footers = new Map<string, Bytes>()
  return {
    footers,
    load: async () => new Map(footers),
    async put(added) {
      for (const [name, footer] of added) footers.set(name, footer)
    },
    async remove(names) {
      for (const name of names) footers.delete(name)
    },
    clear: async () => footers.clear(),
  }
}
