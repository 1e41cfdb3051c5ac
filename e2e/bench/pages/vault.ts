import { createBrowserRandom } from '../../../src/adapters/browser/browser-random.ts'
import { openBrowserStorage } from '../../../src/adapters/browser/disk-storage.ts'
import { createWorkerCoder } from '../../../src/adapters/browser/worker-coder.ts'
import { createTimerClock } from '../../../src/adapters/clock/timer-clock.ts'
import type { Bytes } from '../../../src/core/bytes.ts'
import { brandBytes, type FileKey } from '../../../src/core/ids.ts'
import { brandId, type EntryId } from '../../../src/core/vault/entry-id.ts'
import type { FolderId } from '../../../src/core/vault/tree.ts'
import { openLocalVault, type EntryChange } from '../../../src/peer/vault/local-vault.ts'
import { createOwnerKeyring } from '../../../src/peer/vault/owner.ts'

/** Files of one folder, and of one pack. */
const [TOGETHER, IN_PACK] = [100, 100]
/** Folders at the top. */
const YEARS = 10
const [OWN_BYTES, SMALL_BYTES] = [20_000_000, 5_000]

const bench = {
  /**
   * Fills the vault of this profile with `files` files, as one that was restored has them: three in ten with a content of their own, the
   * others in packs, a hundred in each folder, ten folders at the top; `flat` of them lie in one folder, "Flat".
   */
  async fill(files: number, flat: number): Promise<number> {
    const storage = await openBrowserStorage()
    const { catalog, outbox, keys } = storage
    const coder = createWorkerCoder({ workers: 1 })
    const random = createBrowserRandom()
    const parts = { catalog, outbox, coder, random, clock: createTimerClock(), storageKey: keys.storageKey }
    const vault = await openLocalVault(parts, createOwnerKeyring(parts))
    const changes = changesOf(files, flat, (length) => random.bytes(length), Date.now())
    await vault.commit(changes)
    coder.close()
    await storage.close()
    return changes.length
  },
}

function changesOf(files: number, flat: number, draw: (length: number) => Bytes, now: number): readonly EntryChange[] {
  const changes: EntryChange[] = []
  const add = (fields: EntryChange['fields']): EntryId => {
    const id = brandId<EntryId>(draw(16))
    changes.push({ id, fields })
    return id
  }
  const addFolder = (name: string, parent: FolderId): EntryId => add({ name, parent, folder: now })
  const addContent = (size: number): EntryId =>
    add({
      key: { fileKey: brandBytes<FileKey>(draw(32)), size },
      layout: { k: 3, m: 10, n: 15, salt: draw(16), records: [Math.ceil(size / 262_144)] },
      storedAt: now,
    })
  const flatFolder = flat > 0 ? addFolder('Flat', null) : null
  const years = Array.from({ length: YEARS }, (_, at) => addFolder(`Year ${at + 1}`, null))
  let day: FolderId = null
  let pack: EntryId | undefined
  let inPack = 0
  for (let at = 0; at < files; at++) {
    const inTree = at - flat
    if (inTree >= 0 && inTree % TOGETHER === 0) {
      const number = inTree / TOGETHER
      day = addFolder(`Day ${Math.floor(number / YEARS) + 1}`, years[number % YEARS] ?? null)
    }
    const isOwn = at % 10 < 3
    if (!isOwn && inPack++ % IN_PACK === 0) pack = addContent(IN_PACK * SMALL_BYTES)
    const [content, offset, size] =
      isOwn || pack === undefined ? [addContent(OWN_BYTES), 0, OWN_BYTES] : [pack, ((inPack - 1) % IN_PACK) * SMALL_BYTES, SMALL_BYTES]
    const version = { content, offset, size, type: 'image/jpeg', at: now - at * 60_000 }
    add({ name: `photo ${at}.jpg`, parent: inTree < 0 ? flatFolder : day, version })
  }
  return changes
}

export type VaultBench = typeof bench

Object.assign(globalThis, { bench })
