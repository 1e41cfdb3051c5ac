import { createContentNames, type ContentNames } from '../../core/vault/ends.ts'
import type { VaultEntry, VaultState } from '../../core/vault/entry.ts'
import type { Frontier } from '../../core/vault/frontier.ts'
import { createVaultTree, type VaultTree } from '../../core/vault/tree.ts'

/** What a vault says, arranged so that one change costs what it touches. */
export interface VaultIndex {
  readonly tree: VaultTree
  /** Which contents are named by an entry, and which of those that have not ended are not. */
  readonly names: Pick<ContentNames, 'namesOf' | 'unnamed'>
  /** Joins what `entries` say; `frontier` is what this device has of the log meanwhile. */
  join(entries: Iterable<VaultEntry>, frontier: Frontier): void
}

/** Returns the index of `state`, which changes through it alone from then on. */
export function createVaultIndex(state: VaultState, frontier: Frontier): VaultIndex {
  const tree = createVaultTree(state.entries.values())
  const names = createContentNames(state.entries.values(), frontier)
  return {
    tree,
    names,
    join(entries, now) {
      for (const entry of entries) {
        const before = state.entries.get(entry.id)
        const joined = state.join(entry)
        if (joined === undefined) continue
        tree.update(joined)
        names.update(before, joined, now)
      }
    },
  }
}
