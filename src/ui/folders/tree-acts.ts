import type { Notices } from '../notices.ts'
import type { ScreenModel } from '../screen-model.ts'
import { folderWords, sayInTrash, sayMoved } from '../words/folder-words.ts'
import { isFolder, type ListRow } from './rows.ts'

/** The parts of the page that acts on the tree need, and how rows go before the peer says so. */
export interface ActTools {
  readonly model: Pick<ScreenModel, 'ask'>
  readonly notices: Notices
  /** Hides rows at once, and shows them again. */
  readonly hide: (ids: readonly string[]) => void
  readonly unhide: (ids: readonly string[]) => void
}

/** What a person does to rows. Each act is done at once; the last one can be undone as long as its notice stands. A failure is a notice. */
export interface ListActs {
  /** Puts rows into the trash. */
  discard(rows: readonly ListRow[]): void
  /** Moves rows into a folder; `to` is undefined for the top. */
  move(rows: readonly ListRow[], to: { readonly id: string; readonly name: string } | undefined): void
}

/** Milliseconds for which an act is offered to be undone; what is in the trash can be put back for much longer. */
export const offeredMs = 30_000

/** Returns the acts on rows of the tree. */
export function createListActs({ model, notices, hide, unhide }: ActTools): ListActs {
  let closeLast = (): void => undefined
  // One at a time: undo means the last act, and nobody has to tell several buttons of that name apart.
  const offer = (what: string, more: string, undo: () => void) => {
    closeLast()
    closeLast = notices.show({ what, more, isUrgent: false, action: { name: folderWords.undo, act: undo } }, { forMs: offeredMs })
  }
  return {
    discard(rows) {
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return
      hide(ids)
      model.ask(async (peer) => {
        try {
          await peer.discard(ids)
        } catch (error) {
          unhide(ids)
          throw error
        }
        offer(sayInTrash(namesOf(rows)), sayAfter(rows), () =>
          model.ask(async (running) => {
            await running.putBack(ids)
            unhide(ids)
          }),
        )
      })
    },
    move(rows, to) {
      const moved = rows.filter(({ parent }) => parent !== to?.id)
      if (moved.length === 0) return
      const ids = moved.map(({ id }) => id)
      model.ask(async (peer) => {
        await peer.move(ids, to?.id)
        offer(sayMoved(namesOf(moved), to?.name ?? ''), '', () =>
          model.ask(async (running) => {
            for (const parent of new Set(moved.map((row) => row.parent))) {
              const back = moved.filter((row) => row.parent === parent)
              await running.move(
                back.map(({ id }) => id),
                parent,
              )
            }
          }),
        )
      })
    },
  }
}

function namesOf(rows: readonly ListRow[]): readonly string[] {
  return rows.map(({ name }) => name)
}

/** Says what still holds of rows that are in the trash. */
function sayAfter(rows: readonly ListRow[]): string {
  const isShared = rows.some((row) => !isFolder(row) && row.linkPath !== undefined)
  if (isShared) return rows.length === 1 ? folderWords.linkWorks : folderWords.linksWork
  return rows.length === 1 ? folderWords.canComeBack : folderWords.canComeBackAll
}
