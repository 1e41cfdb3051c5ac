import { fromHex, hex } from '../../core/bytes.ts'
import { keptType } from '../../core/file-limits.ts'
import { brandBytes, type FileKey } from '../../core/ids.ts'
import { planPacks } from '../../core/pack.ts'
import type { VaultFields } from '../../core/vault.ts'
import type { DroppedFile } from '../api/peer.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/** A vault entry to write, and the content that it names. */
export interface Draft {
  readonly id: string
  readonly fields: VaultFields
  readonly blob: Blob
}

type DraftParts = Pick<PeerParts, 'random' | 'clock'>

/**
 * Returns the vault entries of a drop, each under a fresh id: the packs of its small files (SPEC PCK1, PCK4), then an entry for every
 * dropped file, in order. None of them meets a limit of `sortDrop`.
 */
export function draftDrop(
  parts: DraftParts,
  dropped: readonly DroppedFile[],
): { readonly packs: readonly Draft[]; readonly files: readonly Draft[] } {
  const placeByFile = new Map<number, NonNullable<VaultFields['pack']>>()
  const packs: Draft[] = []
  for (const { members } of planPacks(dropped.map(({ blob }) => blob.size))) {
    const pack = draftPack(
      parts,
      members.flatMap(({ at }) => dropped[at]?.blob ?? []),
    )
    packs.push(pack)
    for (const { at, offset, length } of members) placeByFile.set(at, { entry: fromHex(pack.id), offset, length })
  }
  // One time for the whole drop, so that its files stand together in the list.
  const addedAt = parts.clock.now()
  const files = dropped.map(({ name, path, blob }, at) => {
    const place = placeByFile.get(at)
    const named = { name, type: keptType(blob.type), folder: path, size: blob.size, addedAt }
    return { id: newId(parts), blob, fields: { ...named, ...(place === undefined ? { fileKey: newKey(parts) } : { pack: place }) } }
  })
  return { packs, files }
}

/** Returns the entry of a pack of `contents`, one after the other. */
export function draftPack(parts: DraftParts, contents: readonly Blob[]): Draft {
  const blob = new Blob([...contents])
  return { id: newId(parts), blob, fields: { size: blob.size, addedAt: parts.clock.now(), fileKey: newKey(parts) } }
}

function newId({ random }: DraftParts): string {
  return hex(random.bytes(16))
}

function newKey({ random }: DraftParts): FileKey {
  return brandBytes<FileKey>(random.bytes(32))
}
