import { keptType } from '../../../core/file-limits.ts'
import { brandBytes, type FileKey } from '../../../core/ids.ts'
import { planPacks } from '../../../core/pack.ts'
import { brandId, type EntryId } from '../../../core/vault/entry-id.ts'
import { entryNameOf } from '../../../core/vault/entry-name.ts'
import type { FolderId } from '../../../core/vault/tree.ts'
import type { DroppedFile } from '../../api/peer.ts'
import type { PeerParts } from '../../api/peer-parts.ts'
import type { EntryChange, LocalVault } from '../../vault/local-vault.ts'
import { draftFolders } from '../../vault/folders.ts'
import { lastModified, type DropPlan } from './plan-drop.ts'

/** A vault entry to write, and the bytes that it stands for. */
export interface Draft extends EntryChange {
  readonly blob: Blob
}

/** The vault entries of a drop, each new one under a fresh id. */
export interface DropDraft {
  readonly folders: readonly EntryChange[]
  /** Packs and the contents of files that lie by themselves. */
  readonly contents: readonly Draft[]
  /** One for every dropped file, in order. */
  readonly files: readonly Draft[]
}

type DraftParts = Pick<PeerParts, 'random' | 'clock'>

/** A dropped file that is stored: as a file of its own, or as a new version of another. */
export interface StoredDrop {
  readonly dropped: DroppedFile
  readonly plan: Extract<DropPlan, { readonly is: 'new file' | 'new version' }>
}

/** Returns the entries of a drop into the folder `into` (SPEC PCK1, VLT11, VLT12). No file of it meets a limit of `sortDrop`. */
export function draftDrop(parts: DraftParts, vault: LocalVault, drop: readonly StoredDrop[], into: FolderId): DropDraft {
  const now = parts.clock.now()
  const placeByFile = new Map<number, { readonly content: EntryId; readonly offset: number }>()
  const contents: Draft[] = []
  for (const { members } of planPacks(drop.map(({ dropped }) => dropped.blob.size))) {
    const pack = draftContent(
      parts,
      members.flatMap(({ at }) => drop[at]?.dropped.blob ?? []),
    )
    contents.push(pack)
    for (const { at, offset } of members) placeByFile.set(at, { content: pack.id, offset })
  }
  const { changes: folders, folderAt } = draftFolders(
    vault,
    drop.flatMap(({ dropped, plan }) => (plan.is === 'new file' ? [dropped.path] : [])),
    parts,
    now,
    into,
  )
  const alone = (blob: Blob): { readonly content: EntryId; readonly offset: number } => {
    const content = draftContent(parts, [blob])
    contents.push(content)
    return { content: content.id, offset: 0 }
  }
  const files = drop.map(({ dropped: { name, path, blob }, plan }, at): Draft => {
    const place = placeByFile.get(at) ?? alone(blob)
    const version = { ...place, size: blob.size, type: keptType(blob.type), at: lastModified(blob) ?? now }
    if (plan.is === 'new file') return { id: newId(parts), blob, fields: { name: entryNameOf(name), parent: folderAt(path), version } }
    return { id: plan.of, blob, fields: { version, ...(plan.dropped && { dropped: [plan.dropped] }) } }
  })
  return { folders, contents, files }
}

/** Returns the entry of a content of `blobs`, one after the other. */
export function draftContent(parts: DraftParts, blobs: readonly Blob[]): Draft {
  const [first] = blobs
  const blob = first !== undefined && blobs.length === 1 ? first : new Blob([...blobs])
  return { id: newId(parts), blob, fields: { key: { fileKey: brandBytes<FileKey>(parts.random.bytes(32)), size: blob.size } } }
}

function newId({ random }: Pick<DraftParts, 'random'>): EntryId {
  return brandId<EntryId>(random.bytes(16))
}
