import type { ErrorCode } from '../../core/errors.ts'

/** The meaning of a failure, and what to do about it. */
export type Rest = readonly [string, string]

/** The two sentences behind the first one of every failure. */
export interface WordsOfTrouble {
  readonly troubles: Record<ErrorCode, Rest>
  readonly refusals: Readonly<Record<string, Rest>>
  readonly noServiceWorker: Rest
  readonly copyStays: Rest
}

const auto = 'It continues automatically.'
const safe = 'The file is safe on this device.'
const unused = 'It was not used.'

const troubles: Record<ErrorCode, readonly [string, string]> = {
  'too-few-shards': ['They still keep them.', `Keep this page open. ${auto}`],
  'shard-damaged': [unused, auto],
  'record-damaged': ['What is stored is not what was added.', 'Try again. If that fails, ask for a new link or add the file again.'],
  'manifest-unreadable': ['Without it the file cannot be put together.', 'Ask for a new link, or add the file again.'],
  'format-unknown': ['This version cannot read it.', 'Reload this page, then try again.'],
  'format-invalid': [unused, auto],
  'signature-invalid': [unused, auto],
  'link-malformed': ['A part of it was changed or cut off on the way.', 'Copy the whole link again, or ask the sender to send it again.'],
  'link-expired': ['Its owner stopped sharing, or it has expired.', 'Ask the sender for a new one.'],
  'words-invalid': ['A word is misspelt, missing or out of order.', 'Compare each word with your copy.'],
  'policy-invalid': ['The app does not start without them.', 'Tell whoever runs this site.'],
  'file-changed': ['It was not stored.', 'Add it again.'],
  'file-unreadable': ['It was moved or deleted, or another program uses it.', 'Add it again from where it is now.'],
  'file-refused': ['Its name or its folder path is too long, or it is too large.', 'All other files are in.'],
  'address-refused': ['Its address is too long, or there are too many.', 'Remove one, or copy the address again.'],
  'holder-refused': [safe, 'Others are asked automatically.'],
  'holder-silent': ['Others are asked.', auto],
  'wire-malformed': ['The connection to them was closed.', auto],
  'peer-unreachable': [
    'Their network or yours allows no direct connection, or they just left.',
    'Keep trying, or use another network, such as your phone.',
  ],
  'relay-unreachable': [
    'Without a relay you cannot meet new people. Open connections continue.',
    'Check the address and your connection, or add another relay under People.',
  ],
  'stream-closed': ['What had arrived is kept.', auto],
  'not-found': ['The people who keep it may be away.', `Keep this page open. ${auto}`],
  'storage-full': ['Nothing more can be added. What is stored stays.', 'Free some space, or offer less under Give.'],
  'storage-damaged': ['It is not used. People replace the pieces that you kept for them.', 'Add the files again that say so.'],
  'storage-unavailable': ['Private windows and strict settings prevent it.', 'Use an ordinary window, or allow this page to store data.'],
  'worker-died': ['Its work stopped.', 'Try again. Close other tabs if it happens often.'],
}

const refusals: Readonly<Record<string, readonly [string, string]>> = {
  FULL: [safe, 'It continues when others appear or make room.'],
  QUOTA: [safe, 'Keep pieces for others under Give, and they keep more for you.'],
  BUSY: [safe, auto],
  RATE: [safe, auto],
  'BUSY-REPAIRING': [safe, auto],
  UNKNOWN: ['Others are asked.', auto],
  EXPIRED: troubles['link-expired'],
  'BAD-SIGNATURE': ['Their clock or yours may be wrong.', 'Check the date and time of this device, then try again.'],
  'BAD-REQUEST': ['They or you have an old one.', 'Reload this page to get the newest.'],
}

const noServiceWorker = [
  'Private windows and pages without https cannot write large files to disk.',
  'Open the page in an ordinary window, over https.',
] as const

const copyStays = [
  'Too few of those who keep the pieces are here now, or often enough.',
  'The details of the file say when it can be freed.',
] as const

/** The meaning of each failure and what to do about it, in this order; by code, and by the word of a refusal. */
export const wordsOfTrouble: WordsOfTrouble = { troubles, refusals, noServiceWorker, copyStays }
