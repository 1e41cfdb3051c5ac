import type { TypedWords } from '../../core/typed-words.ts'
import { isolated } from '../../core/file-name.ts'
import type { TroubleView } from '../../peer/api/file-view.ts'
import { sayAge, sayCount, sayDate } from './figures.ts'
import { sayTrouble, type Sentences } from './words.ts'

/** The words of restoring from recovery words. */
export const restoreWords = {
  title: 'Restore from words',
  words: 'Recovery words, in order',
  how: 'Type or paste all of them. Numbers, commas and line breaks do no harm.',
  manager: 'Or let your password manager fill them in',
  user: 'Scatterhoard',
  restore: 'Restore',
  meant: 'Not in the list of words:',
  looking: 'Looking for the people who keep your list of files',
  goesOn: 'Nobody here has it yet. This goes on until somebody does.',
  empty: 'Open an empty list anyway',
  onlyIf: 'An empty list is right only if no file was ever stored under these words.',
  cancel: 'Cancel',
  unchanged: 'Until it is done, cancelling leaves everything here as it was.',
  found: 'Your list of files is found',
  done: 'Your list of files is back',
  see: 'See your files',
  removeAndSee: 'Remove and see your files',
  waits: 'Before the space of deleted files is freed, every device has to know of it. A lost one would be waited for, up to 60 days.',
  have: 'I have it',
  lost: 'It is lost',
  lostReads:
    'A lost device can still read what it knows of your files; only new recovery words would shut it out. If it ever changes something, it is back under You, Devices.',
  close: 'Close',
  oldWords:
    'Their own words, and links that you gave, go on opening them as they are now for eleven months or so. To end a link before that you need their own words.',
} as const

const verdicts: Readonly<Record<TypedWords['verdict'], string>> = {
  nothing: 'Type your recovery words.',
  'too-long': 'This is more than recovery words can be. There are 12 of them, or 24.',
  'not-english': 'Most of this is not in the English list of recovery words. Recovery words of Scatterhoard are English.',
  'unknown-word': 'A word is not in the list. Choose the one that was meant, or change it.',
  'wrong-count': '',
  'wrong-checksum': 'A word is wrong, or their order is. Compare them with what you wrote down.',
  right: '',
}

/** Says what stands in the way of typed words; '' when nothing does. */
export function sayVerdict({ verdict, words }: TypedWords): string {
  return verdict === 'wrong-count' ? `These are ${sayCount(words.length, 'word')}. There must be 12, or 24.` : verdicts[verdict]
}

/** Names a word that is not in the list; `at` counts from 0. */
export function sayUnknown(at: number, text: string): string {
  return `Word ${at + 1}, “${isolated(text)}”`
}

/** Names the button that puts `word` in place of the word at `at`. */
export function sayUse(at: number, word: string): string {
  return `Use ${word} as word ${at + 1}`
}

/** Says how many people are here, and for how long they have been asked. */
export function sayLooking(people: number, sinceMs: number): string {
  const age = sayAge(sinceMs)
  return `${people === 1 ? '1 person is' : `${people} people are`} here${age === '' ? '' : `, looking for ${age}`}.`
}

/** Says what was found. */
export function sayFound(files: number, changedAt: number, device?: string): string {
  const by = device === undefined ? '' : ` by ${isolated(device)}`
  return `${sayCount(files, 'file')}, last changed on ${sayDate(changedAt)}${by}.`
}

/** Says what becomes of the files that are in this browser. */
export function sayAlong(files: number): string {
  return `${files === 1 ? '1 file in this browser comes' : `${files} files in this browser come`} along, in a folder “From this device”.`
}

/** Returns why restoring has ended. */
export function sayFailed(trouble: TroubleView): Sentences {
  return trouble.facts['reason'] === 'files-not-ready' ? notReady : sayTrouble(trouble)
}

const notReady: Sentences = {
  what: 'Not all files of this browser can come along yet.',
  means: 'One is not stored yet, or this device does not know yet who keeps it.',
  then: 'Wait until none is shown as being stored or looked for, or delete it, and restore then.',
}

/** Asks for the other devices of the list, `count` of them. */
export function askDevices(count: number): string {
  return count === 1 ? 'Do you still have this device?' : 'Do you still have these devices?'
}
