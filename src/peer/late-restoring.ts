import { createChanges, type Changes } from '../flow/changes.ts'
import { troubleOf } from './api/trouble.ts'
import type { YouFacet } from './api/peer.ts'
import type { RestoreView } from './api/restore-view.ts'
import type { LoadedRestoring } from './late-parts.ts'
import type { RestoringAsked } from './publishing/restore-vault.ts'

/** Restoring from recovery words as a peer sees it. */
export interface LateRestoring {
  readonly facet: Pick<YouFacet, 'restore' | 'restoreEmpty' | 'endRestore'>
  /** Returns how it goes; undefined while nobody wishes it. */
  view(): RestoreView | undefined
  /** Told whenever that has changed. */
  readonly changes: Changes
}

/** Returns the restoring of this device, which `load` loads once somebody wishes it. */
export function createLateRestoring(
  asked: Omit<RestoringAsked, 'show'>,
  load: () => Promise<LoadedRestoring>,
  closing: AbortSignal,
): LateRestoring {
  const changes = createChanges()
  let view: RestoreView | undefined
  let words: string | undefined
  let ending = new AbortController()
  const show = (next: RestoreView | undefined): void => {
    view = next
    changes.tell()
  }
  const end = (): void => {
    ending.abort(new Error('ended by the person'))
    ending = new AbortController()
    words = undefined
    show(undefined)
  }
  return {
    facet: {
      async restore(text) {
        const { readWords, restoreVault } = await load()
        const given = readWords(text)
        end()
        words = given
        const { signal } = ending
        const until = AbortSignal.any([closing, signal])
        const showOwn = (next: RestoreView): void => {
          if (!until.aborted) show(next)
        }
        restoreVault({ ...asked, show: showOwn }, given, until).catch((error: unknown) =>
          showOwn({ is: 'failed', trouble: troubleOf(error) }),
        )
      },
      async restoreEmpty() {
        const given = words
        if (given === undefined) return
        const { openEmptyVault } = await load()
        end()
        await openEmptyVault({ ...asked, show }, given)
      },
      endRestore: async () => end(),
    },
    view: () => view,
    changes,
  }
}
