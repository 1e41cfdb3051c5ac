import { HoardError } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { MAX_DROPPED } from '../../core/vault/change.ts'
import { namedPlaces, type HeldVersion, type VaultEntry } from '../../core/vault/entry.ts'
import { compareStamps, type Stamp } from '../../core/vault/hybrid-time.ts'
import { tellEnded } from '../groups/end-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import { shownWithin, trashedTogether } from '../tree/tree-acts.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'
import { keptVersions, type OwnFile } from './own-file.ts'
import type { OwnLinks } from './own-links.ts'

/** What is deleted for good: an entry, or some versions of a file that has others. */
export interface Removal {
  readonly id: EntryId
  /** At most 64, by their names. */
  readonly versions?: readonly Stamp[]
}

/** What deleting for good touches. */
export interface RemovalParts {
  readonly files: Map<string, OwnFile>
  readonly contents: Contents
  readonly links: Pick<OwnLinks, 'end'>
  /** Called for every file of which versions are gone, after the write. */
  readonly turned: (id: EntryId) => void
}

/**
 * Deletes entries for good, with the links of files among them, or versions of files, and ends the contents that nothing else names. Resolves
 * once that is durable and those of their people who are here were told.
 */
export async function removeEntries(tools: StoreTools, parts: RemovalParts, given: readonly Removal[], signal: AbortSignal): Promise<void> {
  const { vault, changes } = tools
  const { contents, links } = parts
  const files = given.flatMap(({ id, versions }) => (versions === undefined ? (parts.files.get(idHex(id)) ?? []) : []))
  // Links end before the vault forgets their salts: after a crash in between, nobody could end them any more.
  await links.end(files)
  const removals: readonly Removal[] = [...given, ...files.flatMap(({ linkId }) => (linkId === undefined ? [] : [{ id: linkId }]))]
  const ending = namedOnlyBy(vault, contents, removals)
  for (const content of ending) contents.halt(content)
  // In a part of the vault that cannot be read there may be more that names them.
  const ended = vault.isIncomplete ? [] : ending
  const now = tools.parts.clock.now()
  await vault.commit([
    ...removals.map(({ id, versions }) => ({ id, fields: versions === undefined ? { deletedAt: 0 } : { dropped: versions } })),
    ...ended.map(({ id }) => ({ id: idFromHex(id), fields: { ended: now } })),
  ])
  for (const { id } of files) parts.files.delete(id)
  for (const { id, versions } of given) if (versions !== undefined) parts.turned(id)
  changes.tell()
  for (const content of ended) await contents.end(content)
  await tellEnded(tools, signal)
}

/** Returns the removal of all that lies in a content: of files that have versions elsewhere too, those in it alone. */
export function removalOf(content: Content, { entries }: Pick<LocalVault, 'entries'>): readonly Removal[] {
  const id = idFromHex(content.id)
  return [...entries.values()].flatMap((entry): readonly Removal[] => {
    if (entry.deletedAt?.value === 0) return []
    const kept = keptVersions(entry)
    const inside = kept.filter(({ value }) => value.content === id)
    if (inside.length === 0) return []
    return [
      inside.length === kept.length ? { id: entry.id } : { id: entry.id, versions: inside.slice(0, MAX_DROPPED).map((each) => each.id) },
    ]
  })
}

/** Returns an entry with all that lies in it, or was put into the trash with it. Throws HoardError 'not-found'. */
export function entriesUnder(vault: Pick<LocalVault, 'entries' | 'tree'>, entryId: string): readonly EntryId[] {
  const id = idFromHex(entryId)
  if (vault.tree.trash.has(id)) return trashedTogether(vault).get(id) ?? [id]
  if (vault.tree.folderOf(id) === undefined) throw new HoardError('not-found', { object: 'file' })
  return shownWithin(vault, id)
}

/** Returns the contents that nothing names any more once `removals` are done. */
function namedOnlyBy(
  { entries, names }: Pick<LocalVault, 'entries' | 'names'>,
  contents: Contents,
  removals: readonly Removal[],
): readonly Content[] {
  const count = new Map<EntryId, number>()
  for (const { id, versions } of removals) {
    const entry = entries.get(id)
    if (entry === undefined) continue
    const isLeft = ({ id: name }: HeldVersion): boolean => versions?.every((other) => compareStamps(other, name) !== 0) === true
    const left = contentsOf({ ...entry, link: undefined, versions: entry.versions.filter(isLeft) })
    for (const content of contentsOf(entry)) if (!left.has(content)) count.set(content, (count.get(content) ?? 0) + 1)
  }
  return [...count].flatMap(([id, times]) => (names.namesOf(id) === times ? (contents.get(idHex(id)) ?? []) : []))
}

function contentsOf(entry: VaultEntry): ReadonlySet<EntryId> {
  return new Set(namedPlaces(entry).map(({ content }) => content))
}
