import { idFromHex, type EntryId } from '../../../core/vault/entry-id.ts'
import { entryNameOf } from '../../../core/vault/entry-name.ts'
import { currentVersion, kindOf, type VaultEntry } from '../../../core/vault/entry.ts'
import { MAX_TIME_MS, type Stamp } from '../../../core/vault/hybrid-time.ts'
import type { FolderId } from '../../../core/vault/tree.ts'
import type { DroppedFile, StoreOptions } from '../../api/peer.ts'
import { isSealed } from '../../storing/content.ts'
import { folderAt } from '../../vault/folders.ts'
import type { LocalVault } from '../../vault/local-vault.ts'
import { isPacked, type OwnFile } from '../own-file.ts'

/** What becomes of a dropped file. */
export type DropPlan =
  | { readonly is: 'new file' }
  /** `dropped`: the version that it is there instead of. */
  | { readonly is: 'new version'; readonly of: EntryId; readonly dropped?: Stamp }
  /** It is the unfinished file that was dropped before, if its content proves to be the same. */
  | { readonly is: 'dropped again'; readonly file: OwnFile }
  | { readonly is: 'here already'; readonly of: EntryId }

const newFile: DropPlan = { is: 'new file' }

/**
 * Returns what becomes of each file of a drop into the folder `into`. An unfinished file `shown` in its folder under its name goes on; a pack
 * is short, and some of its files may not have been dropped again, so those that were begin anew in another one.
 */
export function planDrop(
  vault: LocalVault,
  shown: readonly OwnFile[],
  dropped: readonly DroppedFile[],
  into: FolderId,
  { sameName = 'both' }: StoreOptions,
): readonly DropPlan[] {
  const waiting = shown.filter(({ content }) => !isSealed(content) && !content.blob && !content.elsewhere)
  // Systems encode accents in two ways, and the same name may come in the other way. SPEC FNM3.
  const placeOf = (folder: EntryId | null | undefined, name: string): string => `${folder ?? ''}/${entryNameOf(name)}`
  const unfinished = new Map(waiting.map((file) => [placeOf(vault.tree.folderOf(idFromHex(file.id)), file.name), file]))
  const taken = new Set<EntryId>()
  const versionOf = (of: EntryId, unlessBegun?: Stamp): DropPlan => {
    // Of two files of one drop with one name, both are kept.
    if (taken.has(of)) return newFile
    taken.add(of)
    return { is: 'new version', of, ...(unlessBegun && { dropped: unlessBegun }) }
  }
  return dropped.map(({ name, path, blob }) => {
    const folder = folderAt(vault, path, into)
    if (folder === undefined) return newFile
    const begun = unfinished.get(placeOf(folder, name))
    if (begun !== undefined && !isPacked(begun)) return { is: 'dropped again', file: begun }
    if (begun !== undefined) {
      const id = idFromHex(begun.id)
      const entry = vault.entries.get(id)
      return versionOf(id, entry && currentVersion(entry)?.id)
    }
    const here = sameName === 'version' ? fileNamed(vault, folder, entryNameOf(name)) : undefined
    if (here === undefined) return newFile
    const version = currentVersion(here)?.value
    const isSame = version?.size === blob.size && version.at === lastModified(blob)
    return isSame ? { is: 'here already', of: here.id } : versionOf(here.id)
  })
}

/** Returns the file of that name in a folder: of several the one that is shown by it. SPEC VLT19. */
function fileNamed({ entries, tree }: LocalVault, folder: FolderId, name: string): VaultEntry | undefined {
  const files = (tree.namesIn(folder).get(name) ?? []).flatMap((id) => {
    const entry = entries.get(id)
    return entry !== undefined && kindOf(entry) === 'file' ? [entry] : []
  })
  return files.find(({ id }) => tree.shownName(id) === name) ?? files[0]
}

/** Returns when a file was last modified as its system says, Unix milliseconds; undefined when it does not say, or says nonsense. */
export function lastModified(blob: Blob): number | undefined {
  if (!(blob instanceof File)) return undefined
  const { lastModified: at } = blob
  return Number.isSafeInteger(at) && at >= 0 && at <= MAX_TIME_MS ? at : undefined
}
