import { codeOf, type ErrorCode, type ErrorFacts } from '../core/errors.ts'
import type { ExplanationView, FileView, MeterView, PeerSnapshot, StatusWord, TroubleView } from '../peer/index.ts'
import { sayCount } from './figures.ts'

/** A failure in three sentences: what happened, what it means, what to do. */
export interface Sentences {
  readonly what: string
  readonly means: string
  readonly then: string
}

const auto = 'It continues automatically.'
const safe = 'The file is safe on this device.'
const again = 'Try again, or reload the page.'
const unused = 'It was not used.'

const troubles: Record<ErrorCode, Sentences> = {
  'too-few-shards': say('Too few people with pieces of this file are here.', 'They still keep them.', `Keep this page open. ${auto}`),
  'shard-damaged': say('Somebody sent a damaged piece.', unused, auto),
  'record-damaged': say(
    'A part of this file does not open with its key.',
    'What is stored is not what was added.',
    'Try again. If that fails, ask for a new link or add the file again.',
  ),
  'manifest-unreadable': say(
    'The list of parts of this file cannot be read.',
    'Without it the file cannot be put together.',
    'Ask for a new link, or add the file again.',
  ),
  'format-unknown': say('A newer version of Scatterhoard made this.', 'This version cannot read it.', 'Reload this page, then try again.'),
  'format-invalid': say('Something received was not in the agreed form.', unused, auto),
  'signature-invalid': say('Something received was not signed by its sender.', unused, auto),
  'link-malformed': say(
    'This link is not complete.',
    'A part of it was changed or cut off on the way.',
    'Copy the whole link again, or ask the sender to send it again.',
  ),
  'link-expired': say('This link no longer works.', 'Its owner stopped sharing, or it has expired.', 'Ask the sender for a new one.'),
  'words-invalid': say(
    'These are not recovery words.',
    'A word is misspelt, missing or out of order.',
    'Compare each word with your copy.',
  ),
  'policy-invalid': say(
    'The settings of this network cannot be read.',
    'The app does not start without them.',
    'Tell whoever runs this site.',
  ),
  'file-changed': say('The file changed while it was being read.', 'It was not stored.', 'Add it again.'),
  'file-unreadable': say(
    'The file cannot be read any more.',
    'It was moved or deleted, or another program uses it.',
    'Add it again from where it is now.',
  ),
  'file-refused': say(
    'A file could not be added.',
    'Its name or its folder path is too long, or it is too large.',
    'All other files are in.',
  ),
  'address-refused': say(
    'This relay was not added.',
    'Its address is too long, or there are too many.',
    'Remove one, or copy the address again.',
  ),
  'holder-refused': say('The people asked have no room now.', safe, 'Others are asked automatically.'),
  'holder-silent': say('Somebody did not answer in time.', 'Others are asked.', auto),
  'wire-malformed': say('Somebody sent something that makes no sense.', 'The connection to them was closed.', auto),
  'peer-unreachable': say(
    'The people needed cannot be reached from here.',
    'Their network or yours allows no direct connection, or they just left.',
    'Keep trying, or use another network, such as your phone.',
  ),
  'relay-unreachable': say(
    'The relay does not answer.',
    'Without a relay you cannot meet new people. Open connections continue.',
    'Check the address and your connection, or add another relay under People.',
  ),
  'stream-closed': say('The connection was cut.', 'What had arrived is kept.', auto),
  'not-found': say('Nobody here knows this file yet.', 'The people who keep it may be away.', `Keep this page open. ${auto}`),
  'storage-full': say(
    'This device has no room left.',
    'Nothing more can be added. What is stored stays.',
    'Free some space, or offer less under Give.',
  ),
  'storage-damaged': say(
    'A part of what this browser stored is damaged.',
    'It is not used. People replace the pieces that you kept for them.',
    'Add the files again that say so.',
  ),
  'storage-unavailable': say(
    'This browser does not let the page store anything.',
    'Private windows and strict settings prevent it.',
    'Use an ordinary window, or allow this page to store data.',
  ),
  'worker-died': say(
    'A part of this page was ended by the browser.',
    'Its work stopped.',
    'Try again. Close other tabs if it happens often.',
  ),
}

const refusals: Record<string, Sentences> = {
  FULL: say('The people asked have no room left.', safe, 'It continues when others appear or make room.'),
  QUOTA: say(
    'The people asked keep as much for you as they give to newcomers.',
    safe,
    'Keep pieces for others under Give, and they keep more for you.',
  ),
  BUSY: say('The people asked are busy.', safe, auto),
  RATE: say('The people asked want a pause.', safe, auto),
  UNKNOWN: say('The people asked do not keep this file.', 'Others are asked.', auto),
  EXPIRED: troubles['link-expired'],
  'BAD-SIGNATURE': say(
    'The people asked did not accept a signature of this device.',
    'Their clock or yours may be wrong.',
    'Check the date and time of this device, then try again.',
  ),
  'BAD-REQUEST': say(
    'The people asked did not understand this version.',
    'They or you have an old one.',
    'Reload this page to get the newest.',
  ),
}

const noServiceWorker = say(
  'This window cannot save a file of this size.',
  'Private windows and pages without https cannot write large files to disk.',
  'Open the page in an ordinary window, over https.',
)

/** Returns the three sentences for `trouble`. */
export function sayTrouble(trouble: TroubleView): Sentences {
  const refusal = trouble.facts['refusal']
  if (trouble.code === 'holder-refused' && typeof refusal === 'string' && Object.hasOwn(refusals, refusal)) {
    return refusals[refusal] ?? troubles['holder-refused']
  }
  return trouble.facts['wants'] === 'service-worker' ? noServiceWorker : troubles[trouble.code]
}

/** Returns the three sentences for a thrown `error`, also one that no table knows. */
export function sayError(error: unknown): Sentences {
  const code = codeOf(error)
  if (code !== undefined) return sayTrouble({ code, facts: factsOf(error) })
  return say('This page failed.', 'What is stored is not touched.', again)
}

/** Returns the status line: exactly `Connected, N people`, `Looking for people` or `Offline`. */
export function sayConnection(connection: PeerSnapshot['connection']): string {
  if (connection.is === 'connected') return `Connected, ${connection.people} people`
  return connection.is === 'looking' ? 'Looking for people' : 'Offline'
}

/** Returns the second line of a second tab. */
export const elsewhereLine = 'Another tab is running your node'

/** What the page of a link says from its first paint on, before anything is fetched. */
export const addressesLine = 'The people who help you fetch this file can see your network address, as you can see theirs.'

/** Returns the value of a meter in words: `6 of 8 pieces, 2 needed`. */
export function sayMeter(meter: MeterView): string {
  return meter.max === 0 ? 'No pieces yet' : `${meter.value} of ${meter.max} pieces, ${meter.needed} needed`
}

/** Returns the sentence beside a status word, '' where the word says it all. */
export function sayExplanation(explanation: ExplanationView, meter: MeterView): string {
  switch (explanation.is) {
    case 'none':
      return sayPlaced(meter)
    case 'sealing':
      return `Encrypting on this device, ${explanation.percent} %`
    case 'drop-again':
      return `Drop it again, ${explanation.percent} % is safe`
    case 'keep-open':
      return 'Keep this page open'
    case 'queued':
      return sayQueued(explanation.people, explanation.peopleNeeded)
    case 'placing':
      return (
        `${explanation.placed} of ${explanation.of} pieces placed` +
        (explanation.wanted > 0 ? `, looking for ${explanation.wanted} more ${explanation.wanted === 1 ? 'person' : 'people'}` : '')
      )
    case 'placed':
      return `${explanation.placed} of ${explanation.of} pieces${sayAway(meter)}`
    case 'checking':
      return `${meter.value} of ${meter.max} pieces, checking who is here`
    case 'thin':
      return `${explanation.here} of ${explanation.of} pieces here, ${explanation.margin < 0 ? `${explanation.needed} needed` : explanation.margin > 0 ? '1 person to spare' : 'nobody to spare'}`
    case 'waiting':
      return `${sayCount(explanation.reachable, 'piece')} in reach, ${explanation.needed} needed. Continues when people return`
    case 'trouble':
      return sayTrouble(explanation.trouble).what
  }
}

/** Returns the sentence beside the status word of a row. */
export function sayRow(file: FileView): string {
  const { isPaused, meter, explanation } = file
  if (!isPaused) return sayExplanation(explanation, meter)
  return meter.value === 0 ? 'Paused, nothing placed yet' : `Paused, ${meter.value} of ${meter.max} pieces placed`
}

/** Returns the price of storing, before anything starts: `Uploading takes about 4x the file's size`. */
export function sayPrice(price: PeerSnapshot['price']): string {
  return price.factor > 0 ? `Uploading takes about ${Math.round(price.factor * 10) / 10}x the file’s size` : ''
}

/** Returns the line that sums up the Files screen: what is the same for all rows is said here, so that a row says only what differs. */
export function sayFiles(words: readonly StatusWord[], size: string): string {
  const count = (...which: StatusWord[]) => words.filter((word) => which.includes(word)).length
  const [stored, fragile] = [count('Protected', 'Strong', 'Fragile'), count('Fragile')]
  const parts = [
    part(stored, 'stored'),
    part(count('Storing'), 'is uploading', 'are uploading'),
    part(count('Restoring'), 'is being restored', 'are being restored'),
    part(count('On this device only'), 'is only on this device', 'are only on this device'),
    part(count('Waiting for people'), 'is waiting for people', 'are waiting for people'),
    part(count('Cannot be rebuilt'), 'cannot be rebuilt', 'cannot be rebuilt'),
  ].filter((text) => text !== '')
  const advice = fragile === 0 ? '' : `${fragile === stored ? 'few people here' : `${fragile} fragile`}: keep your originals`
  const [first = '', ...others] = parts
  const said = advice === '' ? joined(parts) : [`${first}, ${advice}`, joined(others)].filter((text) => text !== '').join('. ')
  return `${sayCount(words.length, 'file')}, ${size}. ${said}.`
}

function say(what: string, means: string, then: string): Sentences {
  return { what, means, then }
}

/** Returns what a thrown `error` knows, also one that a worker has robbed of its class. */
export function factsOf(error: unknown): ErrorFacts {
  if (typeof error !== 'object' || error === null || !('facts' in error)) return {}
  const { facts } = error
  if (typeof facts !== 'object' || facts === null) return {}
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)))
}

function sayQueued(people: number, needed: number): string {
  if (people === 0) return 'Nobody is here yet. Uploads automatically when people appear'
  const missing = needed - people
  if (missing > 0) return `${sayCount(people, 'person', 'people')} here, ${needed} needed. Uploads automatically`
  return 'Queued. Uploads automatically'
}

function sayPlaced(meter: MeterView): string {
  return meter.max === 0 ? '' : `${meter.value} of ${meter.max} pieces${sayAway(meter)}`
}

function sayAway(meter: MeterView): string {
  const away = meter.pieces.filter((piece) => piece === 'away').length
  return away > 0 ? `, ${away} away` : ''
}

function part(count: number, one: string, many = one): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
}
