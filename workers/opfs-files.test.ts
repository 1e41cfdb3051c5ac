import { afterEach, describe, expect, it, vi } from 'vitest'
import { factsOf, keep, pattern } from '../src/ports/shard-store.contract.ts'
import { createSeededRandom } from '../src/adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../src/adapters/memory/virtual-clock.ts'
import { openSlabShardStore } from '../src/adapters/storage/slabs/slab-shard-store.ts'
import { createOpfsFiles } from './opfs-files.ts'
import { codeOf } from '../src/core/errors.ts'

describe('OPFS over its quota', () => {
  afterEach(() => vi.unstubAllGlobals())

  for (const [browser, refuse] of [
    ['throws, as Chromium does', 'throw'],
    ['writes nothing and says so, as Firefox does', 'nothing'],
    ['writes what fits and says so', 'what fits'],
    ['writes one byte and says so', 'one byte'],
  ] as const) {
    it(`that ${browser}: the write is storage-full, and what was acknowledged before stays`, async () => {
      const disk = stubDisk(refuse)
      const open = () =>
        openSlabShardStore({
          files: createOpfsFiles('test'),
          subtle: globalThis.crypto.subtle,
          random: createSeededRandom('quota'),
          clock: createVirtualClock(),
          storageKey: new Uint8Array(32),
        })
      const store = await open()
      await keep(store, 1, 4000)
      disk.roomBytes = 30_000
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => keep(store, number + 2, 4000)))
      const acknowledged = results.flatMap((result, number) => (result.status === 'fulfilled' ? [number + 2] : []))
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []))
      expect(new Set(refused)).toEqual(new Set(['storage-full']))
      expect(acknowledged.length + refused.length).toBe(20)
      await store.close()
      const again = await open()
      for (const number of [1, ...acknowledged]) {
        expect(await again.read(factsOf(number, 4000).shardId, 0, 4000)).toEqual(pattern(4000, number))
      }
      disk.roomBytes = Infinity
      await keep(again, 50, 4000)
    })
  }
})

/** Installs a private file system that refuses to grow beyond `roomBytes`. */
function stubDisk(refuse: 'throw' | 'nothing' | 'what fits' | 'one byte'): { roomBytes: number } {
  const disk = { roomBytes: Infinity }
  const contents = new Map<string, Uint8Array>()
  const contentOf = (path: string) => contents.get(path) ?? new Uint8Array()

  function fileHandle(path: string) {
    if (!contents.has(path)) contents.set(path, new Uint8Array())
    const resize = (length: number) => {
      const next = new Uint8Array(length)
      next.set(contentOf(path).subarray(0, length))
      contents.set(path, next)
    }
    return {
      createSyncAccessHandle: async () => ({
        getSize: () => contentOf(path).length,
        read(into: Uint8Array, { at }: { readonly at: number }) {
          const bytes = contentOf(path).subarray(at, at + into.length)
          into.set(bytes)
          return bytes.length
        },
        write(bytes: Uint8Array, { at }: { readonly at: number }) {
          const missing = at + bytes.length - contentOf(path).length - disk.roomBytes
          if (missing > 0 && refuse === 'throw') throw new DOMException('full', 'QuotaExceededError')
          const fitting = { nothing: 0, 'one byte': Math.min(1, bytes.length - missing), 'what fits': bytes.length - missing, throw: 0 }[
            refuse
          ]
          const taken = missing > 0 ? Math.max(0, fitting) : bytes.length
          if (taken === 0) return 0
          const grown = at + taken - contentOf(path).length
          if (grown > 0) {
            disk.roomBytes -= grown
            resize(at + taken)
          }
          contentOf(path).set(bytes.subarray(0, taken), at)
          return taken
        },
        truncate: resize,
        flush: () => undefined,
        close: () => undefined,
      }),
    }
  }

  function directory(path: string): unknown {
    return {
      getDirectoryHandle: async (name: string) => directory(`${path}/${name}`),
      getFileHandle: async (name: string) => fileHandle(`${path}/${name}`),
      removeEntry: async (name: string) => void contents.delete(`${path}/${name}`),
      async *entries() {
        for (const key of contents.keys())
          if (key.startsWith(`${path}/`)) yield await Promise.resolve([key.slice(path.length + 1), { kind: 'file' }])
      },
    }
  }
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => directory('') } })
  return disk
}
