import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { codeOf, HoardError } from '../../core/errors.ts'
import {
  checkChain,
  checkWireEntry,
  decodeVaultBody,
  mergeChanges,
  VAULT_BODY_PURPOSE,
  type VaultChange,
  type VaultEntry as OldEntry,
} from '../../core/old-vault.ts'
import { publicKeyOf } from '../../core/signature.ts'
import { openSmall } from '../../core/small-seal.ts'
import { brandId, idFromHex, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import type { ChangedFields } from '../../core/vault/change.ts'
import { MAX_TIME_MS } from '../../core/vault/hybrid-time.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { draftFolders } from './folders.ts'
import type { EntryChange, LocalVault } from './local-vault.ts'
import { OLD_HIGH_WATER } from './log-rows.ts'
import type { Owner, OwnerKeyring } from './owner.ts'

type ImportParts = Pick<PeerParts, 'catalog' | 'clock' | 'random' | 'policy'>

/**
 * Writes what the log before folders has into `vault`, and removes that log in the same write: after a crash one of
 * them is there, whole. Contents keep their ids, by which journal and spools know them, and the salts of their groups.
 * @throws HoardError 'storage-damaged' when that log is damaged, or shorter than what this device had written: it stays as it is; what the
 * catalog throws
 * Source: core SPEC.md VLT2 to VLT6, VLT11.
 */
export async function importOldVault(parts: ImportParts, vault: LocalVault, keyring: OwnerKeyring): Promise<void> {
  const { catalog } = parts
  const [rows, highWater, owner] = await Promise.all([catalog.all('vault'), catalog.get('self', OLD_HIGH_WATER), keyring.known()])
  if (owner === undefined || (highWater !== undefined && Number(hex(highWater)) > rows.length)) {
    throw new HoardError('storage-damaged', { object: 'vault', entries: rows.length })
  }
  const removals: readonly CatalogChange[] = [
    ...rows.map(({ key }): CatalogChange => ({ table: 'vault', key })),
    { table: 'self', key: OLD_HIGH_WATER },
  ]
  const changes = changesOf(parts, vault, readOldLog(owner, rows))
  if (changes.length === 0) await catalog.commit(removals)
  else await vault.commit(changes, removals)
}

/** Returns what the log says of every entry, by the hexadecimal digits of its id. */
function readOldLog({ keys }: Owner, rows: readonly { readonly value: Bytes }[]): ReadonlyMap<string, OldEntry> {
  const publicKey = publicKeyOf(keys.vaultSign)
  const changes: (VaultChange & { readonly device: Bytes })[] = []
  let head: ReturnType<typeof checkWireEntry> | undefined
  try {
    for (const { value } of rows) {
      const entry = checkWireEntry(value)
      if (!equalBytes(entry.publicKey, publicKey)) throw new HoardError('signature-invalid', { object: 'vault-entry' })
      const body = decodeVaultBody(openSmall(keys.vaultAead, VAULT_BODY_PURPOSE, entry.r, entry.sealed))
      checkChain(head, entry, body)
      head = entry
      changes.push(...body.changes.map((change) => ({ ...change, device: body.device })))
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new HoardError('storage-damaged', { object: 'vault', entries: rows.length }, error)
  }
  return mergeChanges(changes)
}

function changesOf(parts: ImportParts, vault: LocalVault, entries: ReadonlyMap<string, OldEntry>): readonly EntryChange[] {
  const now = parts.clock.now()
  const newId = (): EntryId => brandId<EntryId>(parts.random.bytes(16))
  const files = [...entries].filter(([, entry]) => isFile(entry))
  const folders = draftFolders(
    vault,
    files.map(([, { folder = '' }]) => folder),
    parts,
    now,
  )
  const changes: EntryChange[] = [...folders.changes]
  for (const [digits, entry] of entries) {
    const { fileKey, size, deletedAt, addedAt = now } = entry
    if (fileKey === undefined || size === undefined) continue
    const ended = deletedAt === undefined ? {} : { ended: timeOf(deletedAt) }
    changes.push({
      id: idFromHex(digits),
      fields: { key: { fileKey, size }, ...layoutOf(entry), ...ended },
      madeAt: timeOf(deletedAt ?? addedAt),
    })
  }
  for (const [digits, { name = '', type = '', folder = '', size = 0, addedAt = now, fileKey, pack, link }] of files) {
    const madeAt = timeOf(addedAt)
    const content = pack === undefined ? idFromHex(digits) : brandId<EntryId>(pack.entry)
    // A content of its own has the id that the file had.
    const id = fileKey === undefined ? idFromHex(digits) : newId()
    const version = { content, offset: pack?.offset ?? 0, size, type, at: madeAt }
    changes.push({ id, fields: { name: entryNameOf(name), parent: folders.folderAt(folder), version }, madeAt })
    if (link === undefined) continue
    const until = now + parts.policy.lease.termMs
    changes.push({ id: newId(), fields: { link: { ...link, files: [id], contents: [content], until, isLocked: false } }, madeAt })
  }
  return changes
}

function isFile({ name, size, deletedAt }: OldEntry): boolean {
  return name !== undefined && size !== undefined && deletedAt === undefined
}

function layoutOf({ code, groups }: OldEntry): Pick<ChangedFields, 'layout'> {
  if (code === undefined || groups === undefined) return {}
  const salts = groups.map(({ salt16 }) => salt16)
  return { layout: { ...code, salt: new Uint8Array(16), records: groups.map(({ records }) => records), salts } }
}

/** Returns `ms`, at most the latest time that a vault holds. */
function timeOf(ms: number): number {
  return Math.min(ms, MAX_TIME_MS)
}
