import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { hex, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type FileKey, type SegmentId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { brandId, type EntryId } from '../../core/vault/entry-id.ts'
import { encodeLayers } from '../../core/vault/layer.ts'
import { checkLogEntry, emptyLog, keepEntry, vaultGroupOf } from '../../core/vault/log-entry.ts'
import { makeWords, ownerKeysOf } from '../../core/words.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { openSealedLayer, readSealedLayer } from './base-layers.ts'
import { openLocalVault, type EntryChange, type LocalVault } from './local-vault.ts'
import type { OwnerKeyring } from './owner.ts'
import type { FetchLayer } from './take-log.ts'

const coder = createCoding(globalThis.crypto.subtle)
const words = makeWords(new Uint8Array(16).fill(7))
/** The keys of the vault that the devices of this rig share. */
export const keys = ownerKeysOf(words)
const { groupKey } = vaultGroupOf(keys.lease)

/** People who keep the log and the layers of a vault, and do what holders do with them. */
export function createKeepers() {
  const sealed = new Map<string, Bytes>()
  const clock = createVirtualClock()
  let log = emptyLog
  const keepers = {
    clock,
    /** Whether they give layers at all. */
    givesLayers: true,
    log: () => log.entries.map(({ bytes }) => bytes),
    layers: () => [...sealed.keys()],
    fetchLayer: (async (place) => {
      const bytes = sealed.get(hex(place.segmentId))
      if (bytes === undefined || !keepers.givesLayers) throw new HoardError('not-found', { object: 'layer' })
      return openSealedLayer({ coder }, place, async () => bytes.slice())
    }) satisfies FetchLayer,
    put(entries: readonly Bytes[]): void {
      for (const bytes of entries) log = keepEntry(log, checkLogEntry(bytes, groupKey)).log
    },
    /** Takes what a device has for them; its layers first. */
    async publish({ vault, outbox }: StartedDevice): Promise<void> {
      if (vault.told().layers.length === 0 || vault.told().layers.length > 16) await vault.layUp()
      if (vault.told().isToList) {
        for (const layer of vault.told().layers) {
          if (layer.segmentId !== undefined) continue
          const bytes = await readSealedLayer({ outbox }, layer)
          const segmentId = brandBytes<SegmentId>(labelledHash('rig', bytes))
          sealed.set(hex(segmentId), bytes)
          await vault.describe(layer, segmentId)
        }
        await vault.list(vault.told().layers)
      }
      keepers.put(vault.told().entries.map(({ bytes }) => bytes))
    },
    take: ({ vault }: StartedDevice): Promise<number> => vault.take(keepers.log(), keepers.fetchLayer),
  }
  return keepers
}

/** A device that runs. */
export interface StartedDevice {
  readonly vault: LocalVault
  readonly outbox: Awaited<ReturnType<typeof openMemoryStorage>>['outbox']
  /** Its catalog, which can be full. */
  readonly disk: { isFull: boolean; commits: number }
}

/** A device of the vault, whose disk outlives its starts. */
export function createDevice(name: string, clock = createVirtualClock()) {
  const files = createMemoryFiles()
  const random = createSeededRandom(name)
  const first = random.bytes(16)
  const keyring: OwnerKeyring = {
    known: async () => ({ words, keys, device: first }),
    ensure: async () => ({ words, keys, device: first }),
  }
  let storage = openMemoryStorage({ files, random })
  return {
    files,
    async start(): Promise<StartedDevice> {
      await (await storage).close()
      storage = openMemoryStorage({ files, random })
      const { catalog: whole, outbox } = await storage
      const disk = { isFull: false, commits: 0 }
      const catalog: Catalog = {
        ...whole,
        async commit(changes) {
          if (disk.isFull) throw new HoardError('storage-full', { object: 'catalog' })
          disk.commits++
          await whole.commit(changes)
        },
      }
      return { vault: await openLocalVault({ catalog, outbox, clock, random, coder }, keyring), outbox, disk }
    },
  }
}

/** The state as bytes: one state has one encoding. SPEC VLT21. */
export function stateOf({ vault }: Pick<StartedDevice, 'vault'>): string {
  return encodeLayers(vault.entries.values()).map(hex).join()
}

export function idOf(...bytes: readonly number[]): EntryId {
  return brandId<EntryId>(Uint8Array.from({ length: 16 }, (_, at) => bytes[at] ?? 0))
}

export function folder(id: number, name: string): EntryChange {
  return { id: idOf(id), fields: { name, parent: null, folder: 1 } }
}

export function renamed(id: number, name: string): EntryChange {
  return { id: idOf(id), fields: { name } }
}

/** A drop of so many files in one content. */
export function drop(count: number, of = 250): readonly EntryChange[] {
  const version = { content: idOf(of), offset: 0, size: 10, type: 'image/jpeg', at: 5 }
  const key = { fileKey: brandBytes<FileKey>(new Uint8Array(32).fill(of)), size: 10 }
  const files = Array.from({ length: count }, (_, at) => ({
    id: idOf(at & 255, at >> 8, 1, of),
    fields: { name: `photo ${at}.jpg`, parent: null, version },
  }))
  return [{ id: idOf(of), fields: { key } }, ...files]
}
