import { createContentNames, type ContentNames } from '../../core/vault/ends.ts'
import type { EntryId } from '../../core/vault/entry-id.ts'
import { createVaultState, type VaultEntry, type VaultState } from '../../core/vault/entry.ts'
import type { Frontier } from '../../core/vault/frontier.ts'
import { createVaultTree, type FolderId, type VaultTree } from '../../core/vault/tree.ts'

/** What has changed at once: what shows entries looks at these alone, whatever the size of the vault. */
export interface Turned {
  /** The entries of which more is known. */
  readonly entries: ReadonlySet<EntryId>
  /** The folders in which something came, went or has another name of its own. */
  readonly folders: ReadonlySet<FolderId>
}

/** What is known of a vault, and what follows from it. */
export interface JoinedState {
  readonly entries: VaultState['entries']
  readonly tree: VaultTree
  /** Which contents are named by an entry, and which of those that have not ended are not. */
  readonly names: Pick<ContentNames, 'namesOf' | 'unnamed'>
  /** Joins what `entries` say into it; `had` is how far this device has the log then. */
  join(entries: Iterable<VaultEntry>, had: Frontier): void
  /** Calls `listener` as soon as something has changed, before anybody else is told. */
  watchEntries(listener: (turned: Turned) => void): void
}

/** Returns the state of these entries, all of which `had` has. */
export function createJoinedState(first: Iterable<VaultEntry>, had: Frontier): JoinedState {
  const state = createVaultState(first)
  const tree = createVaultTree(state.entries.values())
  const names = createContentNames(state.entries.values(), had)
  const listeners: ((turned: Turned) => void)[] = []
  return {
    entries: state.entries,
    tree,
    names,
    join(entries, frontier) {
      const turned = { entries: new Set<EntryId>(), folders: new Set<FolderId>() }
      for (const entry of entries) {
        const before = state.entries.get(entry.id)
        const joined = state.join(entry)
        if (joined === undefined) continue
        turned.entries.add(joined.id)
        for (const folder of tree.update(joined)) turned.folders.add(folder)
        names.update(before, joined, frontier)
      }
      if (turned.entries.size > 0) for (const listener of listeners) listener(turned)
    },
    watchEntries: (listener) => void listeners.push(listener),
  }
}
