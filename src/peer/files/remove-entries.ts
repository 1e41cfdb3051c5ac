import { HoardError } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { namedPlaces } from '../../core/vault/entry.ts'
import { tellEnded } from '../groups/end-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import { shownWithin, trashedTogether } from '../tree/tree-acts.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'
import type { OwnFile } from './own-file.ts'
import type { OwnLinks } from './own-links.ts'

/** What deleting for good touches. */
export interface RemovalParts {
  readonly files: Map<string, OwnFile>
  readonly contents: Contents
  readonly links: Pick<OwnLinks, 'end'>
}

/**
 * Deletes entries for good, with the links of files among them, and ends the contents that nothing else names. Resolves once that is durable
 * and those of their people who are here were told.
 */
export async function removeEntries(tools: StoreTools, parts: RemovalParts, given: readonly EntryId[], signal: AbortSignal): Promise<void> {
  const { vault, changes } = tools
  const { contents, links } = parts
  const files = given.flatMap((id) => parts.files.get(idHex(id)) ?? [])
  // Links end before the vault forgets their salts: after a crash in between, nobody could end them any more.
  await links.end(files)
  const ids = [...given, ...files.flatMap(({ linkId }) => linkId ?? [])]
  const ending = namedOnlyBy(vault, contents, ids)
  for (const content of ending) contents.halt(content)
  // In a part of the vault that cannot be read there may be more that names them.
  const ended = vault.isIncomplete ? [] : ending
  const now = tools.parts.clock.now()
  await vault.commit([
    ...ids.map((id) => ({ id, fields: { deletedAt: 0 } })),
    ...ended.map(({ id }) => ({ id: idFromHex(id), fields: { ended: now } })),
  ])
  for (const { id } of files) parts.files.delete(id)
  changes.tell()
  for (const content of ended) await contents.end(content)
  await tellEnded(tools, signal)
}

/** Returns an entry with all that lies in it, or was put into the trash with it. Throws HoardError 'not-found'. */
export function entriesUnder(vault: Pick<LocalVault, 'entries' | 'tree'>, entryId: string): readonly EntryId[] {
  const id = idFromHex(entryId)
  if (vault.tree.trash.has(id)) return trashedTogether(vault).get(id) ?? [id]
  if (vault.tree.folderOf(id) === undefined) throw new HoardError('not-found', { object: 'file' })
  return shownWithin(vault, id)
}

/** Returns the contents that nothing but the entries `ids` names. */
function namedOnlyBy(
  { entries, names }: Pick<LocalVault, 'entries' | 'names'>,
  contents: Contents,
  ids: readonly EntryId[],
): readonly Content[] {
  const count = new Map<EntryId, number>()
  for (const id of ids) {
    const entry = entries.get(id)
    const named = new Set(entry === undefined ? [] : namedPlaces(entry).map(({ content }) => content))
    for (const content of named) count.set(content, (count.get(content) ?? 0) + 1)
  }
  return [...count].flatMap(([id, times]) => (names.namesOf(id) === times ? (contents.get(idHex(id)) ?? []) : []))
}
