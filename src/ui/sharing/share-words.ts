import { sayCount } from '../words/figures.ts'
import { sayError, type Sentences } from '../words/words.ts'
import { codeOf, errorFacts } from '../../core/errors.ts'

/** Returns the three sentences for a link that could not be made: of the link's own pieces, not of the file's. */
export function sayShareError(error: unknown): Sentences {
  const { object, placed = 0, needed = 0 } = errorFacts(error)
  if (codeOf(error) !== 'too-few-shards' || object !== 'link') return sayError(error)
  const missing = Number(needed) - Number(placed)
  return {
    what:
      Number(placed) === 0 ? 'Nobody is here to keep the link.' : `${sayCount(missing, 'more person', 'more people')} must keep the link.`,
    means: 'Other people keep a link, as they keep the file. Nobody can open it yet.',
    then: 'Keep this page open, and try again when more people are here.',
  }
}
