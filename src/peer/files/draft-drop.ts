import { keptType } from '../../core/file-limits.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { planPacks } from '../../core/pack.ts'
import type { ChangedFields } from '../../core/vault/change.ts'
import { brandId, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import { MAX_TIME_MS } from '../../core/vault/hybrid-time.ts'
import type { DroppedFile } from '../api/peer.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { EntryChange, LocalVault } from '../vault/local-vault.ts'
import { draftFolders } from '../vault/folders.ts'

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

/** Returns the entries of a drop into the folder `into` (SPEC PCK1, PCK4, VLT11, VLT12). No file of it meets a limit of `sortDrop`. */
export function draftDrop(parts: DraftParts, vault: LocalVault, dropped: readonly DroppedFile[], into: FolderId): DropDraft {
  const now = parts.clock.now()
  const placeByFile = new Map<number, { readonly content: EntryId; readonly offset: number }>()
  const contents: Draft[] = []
  for (const { members } of planPacks(dropped.map(({ blob }) => blob.size))) {
    const pack = draftContent(
      parts,
      members.flatMap(({ at }) => dropped[at]?.blob ?? []),
    )
    contents.push(pack)
    for (const { at, offset } of members) placeByFile.set(at, { content: pack.id, offset })
  }
  const { changes: folders, folderAt } = draftFolders(
    vault,
    dropped.map(({ path }) => path),
    parts,
    now,
    into,
  )
  const alone = (blob: Blob): { readonly content: EntryId; readonly offset: number } => {
    const content = draftContent(parts, [blob])
    contents.push(content)
    return { content: content.id, offset: 0 }
  }
  const files = dropped.map(({ name, path, blob }, at): Draft => {
    const place = placeByFile.get(at) ?? alone(blob)
    const version = { ...place, size: blob.size, type: keptType(blob.type), at: modifiedAt(blob, now) }
    return { id: newId(parts), blob, fields: { name: entryNameOf(name), parent: folderAt(path), version } satisfies ChangedFields }
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

/** Returns when a file was last modified as its system says, Unix milliseconds; `now` when it does not say, or says nonsense. */
function modifiedAt(blob: Blob, now: number): number {
  if (!(blob instanceof File)) return now
  const { lastModified } = blob
  return Number.isSafeInteger(lastModified) && lastModified >= 0 && lastModified <= MAX_TIME_MS ? lastModified : now
}
