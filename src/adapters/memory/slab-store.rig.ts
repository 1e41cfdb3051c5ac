import { hex, type Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Files } from '../../ports/files.ts'
import type { ShardEntry } from '../../ports/shard-store.ts'
import { factsOf, pattern } from '../../ports/shard-store.contract.ts'
import { type MemoryFiles } from './memory-files.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createVirtualClock } from './virtual-clock.ts'
import { createShardCipher } from '../storage/slabs/shard-cipher.ts'
import { encodeFooter, keyTagOf } from '../storage/slabs/shard-footer.ts'
import { openSlabShardStore, type SlabShardStore } from '../storage/slabs/slab-shard-store.ts'

/** Key under which the rig's stores wrap shards. */
export const storageKey = new Uint8Array(32).fill(1)

/** Options of a store that differ from those of the rig. */
export interface StoreOptions {
  readonly storageKey?: Bytes
  readonly clock?: Clock
  readonly slabBytes?: number
}

/** Opens the store over `files`, on a clock that stands still. */
export function openStore(files: Files, options: StoreOptions = {}): Promise<SlabShardStore> {
  const parts = { subtle: globalThis.crypto.subtle, random: createSeededRandom('store'), clock: createVirtualClock(), storageKey }
  return openSlabShardStore({ files, ...parts, ...options })
}

/** Returns the numbers that `factsOf` gave to shards, ascending. */
export function numbersOf(entries: readonly { readonly index: number }[]): readonly number[] {
  return entries.map(({ index }) => index).toSorted((a, b) => a - b)
}

/** Returns the number of bytes that a store says it keeps. */
export function usedBytes(entries: readonly { readonly kept: number }[]): number {
  return entries.reduce((sum, { kept }) => sum + kept, 0)
}

/** Returns the code of what `work` throws. */
export function failure(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => 'no error',
    (error: unknown) => codeOf(error),
  )
}

/** Writes a shard of `pattern(length, number)` in the old layout of one file per shard. */
export async function writeOld(files: MemoryFiles, number: number, length: number, kept: number): Promise<void> {
  const path = `shards/${hex(factsOf(number, 1).shardId)}`
  await writeShardAt(files, path, { payloadAt: 0, footerAt: length }, { ...factsOf(number, length), isWhole: kept === length, kept, at: 3 })
}

/** Writes the kept part of `pattern(length, index)`, and a footer without sums, at the places of a slot in the file at `path`. */
export async function writeShardAt(
  files: MemoryFiles,
  path: string,
  slot: { readonly payloadAt: number; readonly footerAt: number },
  entry: ShardEntry,
): Promise<void> {
  const iv = new Uint8Array(16).fill(entry.index)
  const cipher = await createShardCipher(globalThis.crypto.subtle, storageKey)
  const file = await files.open(path, { create: true })
  await file.write(slot.payloadAt, await cipher.wrap(iv, 0, pattern(entry.length, entry.index).subarray(0, entry.kept)))
  await file.write(slot.footerAt, encodeFooter({ entry, iv }, keyTagOf(storageKey)))
}

/**
 * A gate that is open until it is closed. Callers that wait at it go on at `release`; callers that come after `letOthersPass` do not wait.
 */
function createGate() {
  let closed: Promise<void> | undefined
  return {
    passed: () => closed,
    close() {
      let release: () => void = () => undefined
      closed = new Promise((resolve) => (release = resolve))
      return { letOthersPass: () => void (closed = undefined), release: () => release() }
    },
  }
}

/** Returns files whose reads wait, while they are held, before they look at the disk. */
export function holdReads(files: Files) {
  const gate = createGate()
  const held: Files = {
    ...files,
    async open(path, options) {
      const file = await files.open(path, options)
      return {
        ...file,
        async read(offset, length, spare) {
          await gate.passed()
          return file.read(offset, length, spare)
        },
      }
    },
  }
  return { held, hold: () => gate.close() }
}

/** Returns files that note their flushes, refuse them, or hold writes back, as the test wants. */
export function watchFlushes(files: Files) {
  const log: string[] = []
  /** Lengths of all writes. */
  const writes: number[] = []
  let isFailing = (_path: string): boolean => false
  const gate = createGate()
  const watched: Files = {
    ...files,
    async open(path, options) {
      const file = await files.open(path, options)
      return {
        ...file,
        async write(offset, bytes) {
          writes.push(bytes.length)
          // Footers are small: those of a seal pass.
          if (bytes.length > 500) await gate.passed()
          return file.write(offset, bytes)
        },
        async flush() {
          if (isFailing(path)) throw new HoardError('storage-full')
          log.push('flush')
          return file.flush()
        },
      }
    },
  }
  return {
    watched,
    log,
    writes,
    fail: (only?: string) => void (isFailing = (path) => only === undefined || path === only),
    failNoMore: () => void (isFailing = () => false),
    hold() {
      const { letOthersPass, release } = gate.close()
      return () => {
        letOthersPass()
        release()
      }
    },
  }
}
