import { createContentNames, type ContentNames } from '../../core/vault/ends.ts'
import { createVaultState, type VaultEntry, type VaultState } from '../../core/vault/entry.ts'
import type { Frontier } from '../../core/vault/frontier.ts'
import { createVaultTree, type VaultTree } from '../../core/vault/tree.ts'

/** What is known of a vault, and what follows from it. */
export interface JoinedState {
  readonly entries: VaultState['entries']
  readonly tree: VaultTree
  /** Which contents are named by an entry, and which of those that have not ended are not. */
  readonly names: Pick<ContentNames, 'namesOf' | 'unnamed'>
  /** Joins what `entries` say into it; `had` is how far this device has the log then. */
  join(entries: Iterable<VaultEntry>, had: Frontier): void
}

/** Returns the state of these entries, all of which `had` has. */
export function createJoinedState(first: Iterable<VaultEntry>, had: Frontier): JoinedState {
  const state = createVaultState(first)
  const tree = createVaultTree(state.entries.values())
  const names = createContentNames(state.entries.values(), had)
  return {
    entries: state.entries,
    tree,
    names,
    join(entries, frontier) {
      for (const entry of entries) {
        const before = state.entries.get(entry.id)
        const joined = state.join(entry)
        if (joined === undefined) continue
        tree.update(joined)
        names.update(before, joined, frontier)
      }
    },
  }
}
