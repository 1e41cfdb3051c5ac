import type { FileKey } from '../../core/ids.ts'
import { idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, kindOf, type HeldVersion, type VaultEntry } from '../../core/vault/entry.ts'
import type { Version } from '../../core/vault/fields.ts'
import type { Content } from '../storing/content.ts'
import type { OwnGroup } from '../groups/own-group.ts'

/** A file as its owner knows it: its name, and where its bytes lie. */
export interface OwnFile {
  readonly entryId: EntryId
  /** The same in hexadecimal digits. */
  readonly id: string
  /** Its own name as it is now. */
  readonly name: string
  readonly type: string
  readonly size: number
  /** When it was put in, Unix milliseconds. */
  readonly addedAt: number
  /** When it was last modified before that as its system said, Unix milliseconds. */
  readonly modifiedAt: number
  /** How many versions of it there are by now. */
  readonly versions: number
  /** The content that carries its bytes: its own, or a pack; another one after every move. */
  content: Content
  /** Where its bytes begin in that content. */
  offset: number
  /** The dropped blob while this page has it: a pack with unreadable files is made anew from the others. */
  blob: Blob | undefined
  link: OwnGroup | undefined
  /** Opens the link object; goes into the link's fragment. */
  linkKey: FileKey | undefined
  /** Id of the link's own entry in the vault. */
  linkId: EntryId | undefined
}

/** Tells whether a vault entry is a file that is not deleted for good: it is shown, or in the trash. */
export function isFile(entry: VaultEntry): boolean {
  return kindOf(entry) === 'file' && entry.deletedAt?.value !== 0
}

/**
 * Returns the file of a vault entry over the content that carries it; undefined when that is unknown or shorter than the entry says: the log
 * of another device may not all have come here. `entries` have its name from now on.
 */
export function toOwnFile(entry: VaultEntry, content: Content | undefined, entries: ReadonlyMap<EntryId, VaultEntry>): OwnFile | undefined {
  const version = currentVersion(entry)
  if (content === undefined || entry.name === undefined || version === undefined) return undefined
  const { offset, size } = version.value
  if (offset + size > content.size) return undefined
  return new FileOfEntry(entry, { ...version, content }, entries)
}

/** A class, since there may be a hundred thousand: what is asked for by name is no function of each. */
class FileOfEntry implements OwnFile {
  readonly entryId: EntryId
  readonly id: string
  readonly type: string
  readonly size: number
  readonly addedAt: number
  readonly modifiedAt: number
  content: Content
  offset: number
  blob: Blob | undefined = undefined
  link: OwnGroup | undefined = undefined
  linkKey: FileKey | undefined = undefined
  linkId: EntryId | undefined = undefined
  readonly #entries: ReadonlyMap<EntryId, VaultEntry>

  constructor(
    entry: VaultEntry,
    { id, value, content }: Readonly<Pick<HeldVersion, 'id'> & { value: Version; content: Content }>,
    entries: ReadonlyMap<EntryId, VaultEntry>,
  ) {
    this.entryId = entry.id
    this.id = idHex(entry.id)
    this.type = value.type
    this.size = value.size
    this.addedAt = id.ms
    this.modifiedAt = value.at
    this.content = content
    this.offset = value.offset
    this.#entries = entries
  }

  get name(): string {
    return this.#entries.get(this.entryId)?.name?.value ?? ''
  }

  get versions(): number {
    const now = this.#entries.get(this.entryId)
    return now === undefined ? 0 : keptVersions(now).length
  }
}

/** Returns the versions of a file that were not dropped, the newest first. SPEC VLT15. */
export function keptVersions({ versions }: VaultEntry): readonly (HeldVersion & { readonly value: Version })[] {
  return versions.flatMap((version) => (version.value === null ? [] : [{ ...version, value: version.value }]))
}

/** Tells whether a file is not all of the content in which it lies: that is a pack, of which others lie there, or did. */
export function isPacked({ size, content }: OwnFile): boolean {
  return size !== content.size
}

/** Returns the files that lie in each content, in the order of their bytes. */
export function filesByContent(files: Iterable<OwnFile>): ReadonlyMap<Content, readonly OwnFile[]> {
  const byContent = new Map<Content, OwnFile[]>()
  for (const file of files) {
    const others = byContent.get(file.content)
    if (others === undefined) byContent.set(file.content, [file])
    else others.push(file)
  }
  for (const members of byContent.values()) members.sort((a, b) => a.offset - b.offset)
  return byContent
}
