import { isolated } from '../../core/file-name.ts'
import { sayCount, sayDate } from './figures.ts'
import { sayError, type Sentences } from './words.ts'
import { codeOf, errorFacts } from '../../core/errors.ts'

/** The words of the share dialog. */
export const shareWords = {
  anyone: 'Anyone who has this link can open the file, with no account and nothing to install.',
  uploading: 'Uploading the link',
  alone: 'Nobody is here to keep the link yet.',
  taking: 'Other people are taking its pieces.',
  copied: 'Copied. Send it to the people who should have the file.',
  key: 'The key is the part after #. Browsers do not send it to any server. Some mail programs break a link: the page then opens it anyway and says so.',
  anyoneCan: 'Anyone with the link can open it',
  stopping: 'Stopping ends it now. People who opened the file may have kept a copy.',
  share: 'Share',
  link: 'Share link',
  copyLink: 'Copy link',
  isCopied: 'Copied',
  stop: 'Stop sharing',
  stopped: 'Sharing has stopped',
} as const

/** Says what the end of sharing means for the link. */
export function sayLinkEnded(name: string): string {
  return `The link to ${isolated(name)} opens nothing any more.`
}

/** Says how long a link works. */
export function sayLinkUntil(until: number): string {
  return `The link works until ${sayDate(until)}. Whenever this page is open, it renews that.`
}

/** Returns the three sentences for a link that could not be made; they count the link's own pieces, not the file's. */
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
