import { idHex } from '../../core/vault/entry-id.ts'
import { isDeleted, namedPlaces } from '../../core/vault/entry.ts'
import type { Content } from '../storing/content.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'

/** The stores of contents by what names them: what only the trash names is not stored. SPEC VLT32. */
export interface NamedRuns {
  /** Goes on with every store of this device at its start. */
  begin(): void
  /** Halts the stores of unfinished contents that nothing outside the trash names any more, and goes on with those that are named again. */
  look(): void
}

/** Returns the stores of `contents`. Packs that are `filling` are named by nothing yet, and are stored. */
export function createNamedRuns(vault: Pick<LocalVault, 'entries'>, contents: Contents, filling: ReadonlySet<Content>): NamedRuns {
  const atRest = new WeakSet<Content>()
  const look = (): void => {
    const unfinished = [...contents.all()].filter(({ note }) => !note.isStored)
    if (unfinished.length === 0) return
    const named = new Set<string>()
    for (const entry of vault.entries.values())
      if (!isDeleted(entry)) for (const { content } of namedPlaces(entry)) named.add(idHex(content))
    for (const content of unfinished) {
      if (named.has(content.id)) {
        if (atRest.delete(content)) contents.run(content)
      } else if (!filling.has(content) && !atRest.has(content)) {
        atRest.add(content)
        contents.halt(content)
      }
    }
  }
  return {
    look,
    begin() {
      for (const content of contents.all()) {
        if (content.note.isStored) contents.run(content)
        else atRest.add(content)
      }
      look()
    },
  }
}
