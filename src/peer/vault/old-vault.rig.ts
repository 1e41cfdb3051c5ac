import { createCoding } from '../../adapters/coding/create-coding.ts'
import type { MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { fromHex, type Bytes } from '../../core/bytes.ts'
import { checkWireEntry, encodeVaultBody, encodeWireEntry, slotOf, VAULT_BODY_PURPOSE, type VaultFields } from '../../core/old-vault.ts'
import { sealSmall } from '../../core/small-seal.ts'
import { idBytes, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, kindOf } from '../../core/vault/entry.ts'
import { groupSaltsOf } from '../../core/vault/fields.ts'
import type { Catalog, CatalogChange } from '../../ports/catalog.ts'
import { pathOf } from './folders.ts'
import { openLocalVault, type LocalVault } from './local-vault.ts'
import { createOwnerKeyring, type Owner } from './owner.ts'

/** An entry of the log before folders, by the hexadecimal digits of its id. */
export interface OldChange {
  readonly id: string
  readonly fields: VaultFields
}

/** Writes `changes` as the log before folders, `together` in one wire entry: more than eight of short names do not fit. */
export async function writeOldLog(catalog: Catalog, { keys, device }: Owner, changes: readonly OldChange[], together = 8): Promise<void> {
  const random = createSeededRandom('old log')
  const rows: CatalogChange[] = []
  let prev: Bytes | null = null
  for (let seq = 0; seq * together < changes.length; seq++) {
    const r = random.bytes(32)
    const some = changes.slice(seq * together, (seq + 1) * together)
    const stamped = some.map(({ id, fields }, at) => ({ entry: fromHex(id), time: { ms: 1, count: seq * together + at }, fields }))
    const body = { prev, device, changes: stamped }
    const sealed = sealSmall(keys.vaultAead, VAULT_BODY_PURPOSE, r, encodeVaultBody(body))
    const bytes = encodeWireEntry({ slot: slotOf(keys.vaultAead, device), seq, r, sealed }, keys.vaultSign)
    prev = checkWireEntry(bytes).digest
    rows.push({ table: 'vault', key: decimal(seq), value: bytes })
  }
  await catalog.commit([...rows, { table: 'self', key: 'vault-high-water', value: fromHex(decimal(rows.length)) }])
}

/** Sets a closed disk back to how it was before folders: the same files under the same keys, in the old log, each group with its own salt. */
export async function setBack(files: MemoryFiles): Promise<void> {
  const random = createSeededRandom('set back')
  const { catalog, outbox, keys } = await openMemoryStorage({ files, random })
  const keyring = createOwnerKeyring({ catalog, random, storageKey: keys.storageKey })
  const vault = await openLocalVault({ catalog, outbox, random, clock: createVirtualClock(), coder: createCoding(crypto.subtle) }, keyring)
  const owner = await keyring.ensure()
  const changes = oldChangesOf(vault)
  const rows = await catalog.all('vault-log')
  await catalog.commit([
    ...rows.map(({ key }): CatalogChange => ({ table: 'vault-log', key })),
    ...['vault-mark', 'vault-base'].map((key): CatalogChange => ({ table: 'self', key })),
  ])
  await writeOldLog(catalog, owner, changes)
}

function oldChangesOf(vault: LocalVault): readonly OldChange[] {
  const all = [...vault.entries.values()]
  const linkOf = (id: EntryId): VaultFields => {
    const link = all.find((entry) => entry.link?.value.files.includes(id) === true && entry.deletedAt === undefined)?.link?.value
    return link === undefined ? {} : { link: { salt: link.salt, fileKey: link.fileKey } }
  }
  const contents = all.flatMap((entry): readonly OldChange[] => {
    const { key, layout, ended } = entry
    if (key === undefined) return []
    const code = layout && { k: layout.value.k, m: layout.value.m, n: layout.value.n }
    const salts = layout === undefined ? [] : groupSaltsOf(layout.value)
    const groups = salts.map((salt16, at) => ({ salt16, records: layout?.value.records[at] ?? 0 }))
    const coded = code === undefined ? {} : { code, groups }
    const fields = { ...key.value, addedAt: key.stamp.ms, ...coded, ...(ended === undefined ? {} : { deletedAt: ended.value }) }
    return [{ id: idHex(entry.id), fields }]
  })
  const files = all.flatMap((entry): readonly OldChange[] => {
    const version = currentVersion(entry)
    if (kindOf(entry) !== 'file' || version === undefined || entry.deletedAt !== undefined) return []
    const { content, offset, size, type } = version.value
    const isAlone = vault.entries.get(content)?.key?.value.size === size
    const folder = pathOf(vault, vault.tree.folderOf(entry.id) ?? null)
    const named = { name: entry.name?.value ?? '', type, folder, size, addedAt: version.id.ms, ...linkOf(entry.id) }
    return isAlone
      ? [{ id: idHex(content), fields: named }]
      : [{ id: idHex(entry.id), fields: { ...named, pack: { entry: idBytes(content), offset, length: size } } }]
  })
  return [...contents, ...files]
}

/** Returns twelve decimal digits: such keys sort like the numbers, and have an even number of digits. */
function decimal(value: number): string {
  return value.toString().padStart(12, '0')
}
