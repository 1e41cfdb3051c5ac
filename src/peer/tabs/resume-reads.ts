import type { OpenedFile } from '../api/link-view.ts'
import { codeOf } from '../../core/errors.ts'

/** Tells how often the node of a profile has moved to another tab. */
export type CountMoves = () => number

/**
 * Resolves with the answer of `ask`, which is called anew whenever the tab that was to answer has gone.
 * @throws every other error of `ask`
 */
export async function resumeReads<T>(moves: CountMoves, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const before = moves()
    try {
      return await ask()
    } catch (error) {
      if (!hasGone(error, before, moves)) throw error
    }
  }
}

/** Resolves with the file from `open`. When the tab that served a read has gone, the read goes on where it was, from a file opened anew. */
export async function openLasting(moves: CountMoves, open: () => Promise<OpenedFile>): Promise<OpenedFile> {
  let openedAt = moves()
  let file = await resumeReads(moves, async () => {
    openedAt = moves()
    return open()
  })
  const { name, type, size } = file
  return {
    name,
    type,
    size,
    pace: () => file.pace(),
    async *read({ start, end } = { start: 0, end: size }, options = {}) {
      for (let at = Math.max(0, start); ;) {
        const before = moves()
        try {
          if (openedAt !== before) {
            file = await open()
            openedAt = before
          }
          for await (const part of file.read({ start: at, end }, options)) {
            at += part.length
            yield part
          }
          return
        } catch (error) {
          if (!hasGone(error, before, moves)) throw error
        }
      }
    },
  }
}

function hasGone(error: unknown, before: number, moves: CountMoves): boolean {
  return codeOf(error) === 'stream-closed' && moves() !== before
}
