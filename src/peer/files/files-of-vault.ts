import type { Bytes } from '../../core/bytes.ts'
import { idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { isDeleted, type VaultEntry } from '../../core/vault/entry.ts'
import type { SharedLink } from '../../core/vault/fields.ts'
import { compareStamps } from '../../core/vault/hybrid-time.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import { isSameList } from '../api/alike.ts'
import { isContent, type Content } from '../storing/content.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'
import { isFile, type OwnFile } from './own-file.ts'

/** A link, and the id of its own entry. */
export interface LinkOfFile {
  readonly entry: EntryId
  readonly link: SharedLink
}

/** Returns the link of every file that is shared by itself, the newest one. SPEC VLT16. */
export function linksByFile(entries: Iterable<VaultEntry>): ReadonlyMap<EntryId, LinkOfFile> {
  const newest = new Map<EntryId, VaultEntry>()
  for (const entry of entries) {
    const { link } = entry
    const [file, ...others] = link === undefined || isDeleted(entry) ? [] : link.value.files
    if (link === undefined || file === undefined || others.length > 0) continue
    const other = newest.get(file)?.link
    if (other === undefined || compareStamps(link.stamp, other.stamp) > 0) newest.set(file, entry)
  }
  return new Map([...newest].flatMap(([file, { id, link }]) => (link === undefined ? [] : [[file, { entry: id, link: link.value }]])))
}

/** What of this device follows the vault. */
export interface Following {
  readonly vault: Pick<LocalVault, 'entries'>
  readonly files: Map<string, OwnFile>
  readonly contents: Contents
  /** Returns the file of an entry as it is now, under no link. */
  readonly read: (entry: VaultEntry) => OwnFile | undefined
  readonly openLink: (link: SharedLink) => OwnGroup | undefined
  /** The owner's key; undefined while there is no owner. */
  readonly lease: Bytes | undefined
}

/**
 * Brings the files and contents of this device to what the vault says, after other devices of the owner changed it. What is as it was stays
 * the same object. Returns the contents that have ended, of which this device has something still.
 */
export function followVault({ vault, files, contents, read, openLink, lease }: Following): readonly Content[] {
  const ended: Content[] = []
  for (const entry of vault.entries.values()) {
    if (!isContent(entry)) continue
    const known = contents.get(idHex(entry.id))
    if (entry.ended !== undefined) ended.push(...(known === undefined ? [] : [known]))
    else if (known === undefined || contents.isOlder(known, entry)) contents.adopt(entry, lease)
  }
  const links = linksByFile(vault.entries.values())
  for (const entry of vault.entries.values()) {
    const id = idHex(entry.id)
    const [before, now] = [files.get(id), isFile(entry) ? read(entry) : undefined]
    if (now === undefined) {
      files.delete(id)
      continue
    }
    const file = before !== undefined && isSame(before, now) ? before : now
    if (before !== undefined && before.content === file.content) file.blob = before.blob
    const linked = links.get(entry.id)
    if (linked?.entry !== before?.linkId || file !== before) {
      file.link = linked === undefined ? undefined : ((before?.linkId === linked.entry ? before?.link : undefined) ?? openLink(linked.link))
      file.linkKey = linked?.link.fileKey
      file.linkId = linked?.entry
    }
    files.set(id, file)
  }
  return ended
}

/** Returns how to list those of `files` that are not in the trash: while they are the same, the same list. */
export function createShownFiles({ tree }: Pick<LocalVault, 'tree'>, files: ReadonlyMap<string, OwnFile>): () => readonly OwnFile[] {
  let shown: readonly OwnFile[] = []
  return () => {
    const now = [...files.values()].filter(({ entryId }) => !tree.trash.has(entryId))
    if (!isSameList(now, shown)) shown = now
    return shown
  }
}

function isSame(a: OwnFile, b: OwnFile): boolean {
  return a.addedAt === b.addedAt && a.type === b.type && a.content === b.content && a.offset === b.offset && a.size === b.size
}
