import { type ErrorCode, codeOf, errorFacts } from '../../core/errors.ts'
import type { PeerSnapshot, TroubleView } from '../../peer/index.ts'
import type { Rest, WordsOfTrouble } from './trouble-words.ts'

/** A failure in three sentences: what happened, what it means, what to do. */
export interface Sentences {
  readonly what: string
  readonly means: string
  readonly then: string
}

const whats: Record<ErrorCode, string> = {
  'too-few-shards': 'Too few people with pieces of this file are here.',
  'shard-damaged': 'Somebody sent a damaged piece.',
  'record-damaged': 'A part of this file does not open with its key.',
  'manifest-unreadable': 'The list of parts of this file cannot be read.',
  'format-unknown': 'This was made by a newer version of Scatterhoard.',
  'format-invalid': 'Something received was not in the agreed form.',
  'signature-invalid': 'Something received was not signed by its sender.',
  'link-malformed': 'This link is not complete.',
  'link-expired': 'This link no longer works.',
  'words-invalid': 'These are not recovery words.',
  'policy-invalid': 'The settings of this network cannot be read.',
  'file-changed': 'The file changed while it was being read.',
  'file-unreadable': 'The file cannot be read any more.',
  'file-refused': 'A file could not be added.',
  'address-refused': 'This relay was not added.',
  'holder-refused': 'The people asked have no room now.',
  'holder-silent': 'Somebody did not answer in time.',
  'wire-malformed': 'Somebody sent something that makes no sense.',
  'peer-unreachable': 'The people needed cannot be reached from here.',
  'relay-unreachable': 'The relay does not answer.',
  'stream-closed': 'The connection was cut.',
  'not-found': 'Nobody here knows this file yet.',
  'storage-full': 'This device has no room left.',
  'storage-damaged': 'A part of what this browser stored is damaged.',
  'storage-unavailable': 'This browser does not let the page store anything.',
  'worker-died': 'A part of this page was ended by the browser.',
}

const refusalWhats: Readonly<Record<string, string>> = {
  FULL: 'The people asked have no room left.',
  QUOTA: 'The people asked keep as much for you as they give to newcomers.',
  BUSY: 'The people asked are busy.',
  RATE: 'The people asked want a pause.',
  UNKNOWN: 'The people asked do not keep this file.',
  EXPIRED: whats['link-expired'],
  'BAD-SIGNATURE': 'The people asked did not accept a signature of this device.',
  'BUSY-REPAIRING': 'People are busy repairing.',
  'BAD-REQUEST': 'The people asked did not understand this version.',
}

const copyStaysWhat = 'The copy stays on this device.'
const noServiceWorkerWhat = 'This window cannot save a file of this size.'

const again = 'Try again, or reload the page.'
/** Shown until the words have been loaded, which are not part of the shell. */
const unexplained: Rest = ['What is stored is not touched.', again]
let words: WordsOfTrouble | undefined

/** Loads the meanings of failures for `sayTrouble` and `sayError`; resolves even if that fails. */
export async function loadWordsOfTrouble(): Promise<void> {
  await import('./trouble-words.ts').then(
    ({ wordsOfTrouble }) => (words = wordsOfTrouble),
    () => undefined,
  )
}

/** Returns the three sentences for `trouble`. */
export function sayTrouble({ code, facts }: TroubleView): Sentences {
  const refusal = facts['refusal']
  if (code === 'holder-refused' && typeof refusal === 'string' && Object.hasOwn(refusalWhats, refusal)) {
    return say(refusalWhats[refusal] ?? whats[code], words?.refusals[refusal])
  }
  if (facts['object'] === 'copy') return say(copyStaysWhat, words?.copyStays)
  if (facts['wants'] === 'service-worker') return say(noServiceWorkerWhat, words?.noServiceWorker)
  return say(whats[code], words?.troubles[code])
}

/** Returns the three sentences for a thrown `error`, even one that is in no table. */
export function sayError(error: unknown): Sentences {
  const code = codeOf(error)
  if (code !== undefined) return sayTrouble({ code, facts: errorFacts(error) })
  return say('This page failed.')
}

/** Returns the status line: exactly `Connected, N people`, `Looking for people` or `Offline`. */
export function sayConnection(connection: PeerSnapshot['connection']): string {
  if (connection.is === 'connected') return `Connected, ${connection.people} people`
  return connection.is === 'looking' ? 'Looking for people' : 'Offline'
}

/** Returns the second line of a second tab. */
export const elsewhereLine = 'Another tab is running your node'

/** Returns the price of storing, before anything starts: `Uploading takes about 4x the file's size`. */
export function sayPrice(price: PeerSnapshot['price']): string {
  return price.factor > 0 ? `Uploading takes about ${Math.round(price.factor * 10) / 10}x the file’s size` : ''
}

function say(what: string, [means, then]: Rest = unexplained): Sentences {
  return { what, means, then }
}
