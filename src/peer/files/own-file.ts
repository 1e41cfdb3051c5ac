import { shownFolder, shownName } from '../../core/file-name.ts'
import type { FileKey } from '../../core/ids.ts'
import type { VaultEntry } from '../../core/vault.ts'
import type { Content } from '../storing/content.ts'
import type { OwnGroup } from '../groups/own-group.ts'

/** A file as its owner knows it: its name, and where its bytes lie. */
export interface OwnFile {
  readonly id: string
  readonly name: string
  /** Name and folder as a screen may show them. SPEC FNM1. */
  readonly shown: { readonly name: string; readonly folder: string }
  readonly type: string
  readonly folder: string
  readonly size: number
  readonly addedAt: number
  /** The content that carries its bytes: its own, or a pack; another one after every move. */
  content: Content
  /** Where its bytes begin in that content. */
  offset: number
  /** The dropped blob while this page has it: a pack with unreadable files is made anew from the others. */
  blob: Blob | undefined
  link: OwnGroup | undefined
  /** Opens the link object; goes into the link's fragment. */
  linkKey: FileKey | undefined
}

/** A vault entry with the name and size of a file, whose bytes are its own content or lie in a pack. */
export type FileEntry = VaultEntry & { readonly name: string; readonly size: number }

/** Tells whether a vault entry is a file that is not deleted. */
export function isFile(entry: VaultEntry): entry is FileEntry {
  return entry.name !== undefined && entry.size !== undefined && entry.deletedAt === undefined
}

/**
 * Returns the file of a vault entry over the content that carries it; undefined when that is unknown or shorter than the entry says: the
 * log of another device may not all have come here.
 */
export function toOwnFile(id: string, entry: FileEntry, content: Content | undefined): OwnFile | undefined {
  const { name, type = '', folder = '', size, addedAt = 0, pack } = entry
  const isWithin = pack === undefined || (pack.length === size && pack.offset + pack.length <= (content?.size ?? 0))
  if (content === undefined || !isWithin) return undefined
  return {
    id,
    name,
    shown: { name: shownName(name), folder: shownFolder(folder) },
    type,
    folder,
    size,
    addedAt,
    content,
    offset: pack?.offset ?? 0,
    blob: undefined,
    link: undefined,
    linkKey: entry.link?.fileKey,
  }
}

/** Tells whether a file lies in a pack, alone or with others. */
export function isPacked({ id, content }: OwnFile): boolean {
  return content.id !== id
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
