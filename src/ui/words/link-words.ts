import { sayBytes } from './figures.ts'
import { sayError, type Sentences } from './words.ts'
import { codeOf, errorFacts } from '../../core/errors.ts'

/** The line that the page of a link shows from its first paint on, before anything is fetched. */
export const addressesLine = 'The people who help you fetch this file can see your network address, as you can see theirs.'
/** Shown before the link of a received file is read, and before anybody who keeps it is met. */
export const lookingForName = 'Looking for its name and size'
export const lookingForKeepers = 'Looking for the people who keep it'
/** Shown below the page of a link: what Scatterhoard is, and the way to it. */
export const storesLine = 'Scatterhoard stores files in pieces with many people.'
export const storeYourOwn = 'Store your own'
/** Title of the page, and name of a file whose own is not known yet. */
export const fileForYou = 'A file for you'

/** The words of the page of a received link. */
export const linkWords = {
  key:
    'The sender’s device encrypted this file, and only the link has the key. This page took the key out of the address bar. Your ' +
    'browser’s history may still have the whole link: delete it there if other people use this browser.',
  seenByHost:
    'A program on the way put the key into the part of the link that browsers send to the server of this page. Whoever runs that server ' +
    'may have seen it. If that matters, ask the sender for a new link and paste it here.',
  openAgain:
    'The key is the part of the link after #, and this address has none. Open the link from the message again, or paste all of it here.',
  noFile: 'This link opens no file',
  downloadAgain: 'Download again',
  waiting: 'Waiting for people. Keep this page open. It continues automatically.',
  openAgainTitle: 'Open the link again',
  wholeLink: 'The whole link',
  paste: 'Paste the whole link',
  open: 'Open',
} as const

/** Nouns for files, by the icons of their kinds. */
const nouns: Partial<Record<string, string>> = { film: 'film', sound: 'sound', picture: 'picture', archive: 'archive', text: 'document' }

/** Says the size and the kind of a received file. */
export function sayKind(bytes: number, kind: string): string {
  return `${sayBytes(bytes)}, ${nouns[kind] ?? 'file'}`
}

const means: Readonly<Record<string, string>> = {
  'no key': 'The part after # is the key, and it is missing. Without it nobody can open the file.',
  cut: 'Its end was cut off on the way, so it opens nothing.',
  changed: 'Some of its characters were changed on the way, so it opens nothing.',
}

const copyAgain = 'Copy the whole link again, or ask the sender to send it again.'

/** Returns the three sentences for a link that does not open. */
export function sayLinkError(error: unknown): Sentences {
  const said = sayError(error)
  const reason = codeOf(error) === 'link-malformed' ? errorFacts(error)['reason'] : undefined
  const why = typeof reason === 'string' && Object.hasOwn(means, reason) ? means[reason] : undefined
  return why === undefined ? said : { ...said, means: why, then: copyAgain }
}
