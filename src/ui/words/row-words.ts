import type { AwayView, ExplanationView, FileView, MeterView } from '../../peer/index.ts'
import { sayCount, sayShortDay } from './figures.ts'
import { sayTrouble } from './words.ts'

/** Returns the sentence beside a status word, '' when the word is enough. */
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
    case 'elsewhere':
      return `On ${explanation.device ?? 'another device'}, not yet with people`
    case 'queued':
      return sayQueued(explanation.people, explanation.peopleNeeded)
    case 'placing':
      return (
        `${explanation.placed} of ${explanation.of} pieces placed` +
        (explanation.wanted > 0 ? `, looking for ${explanation.wanted} more ${explanation.wanted === 1 ? 'person' : 'people'}` : '') +
        (explanation.isBusy === true ? '. People are busy repairing' : '') +
        sayAwaySince(explanation.away)
      )
    case 'placed':
      return `${explanation.placed} of ${explanation.of} pieces${sayAway(meter)}`
    case 'checking':
      return `${meter.value} of ${meter.max} pieces, checking who is here`
    case 'thin':
      return `${explanation.here} of ${explanation.of} pieces here, ${explanation.margin < 0 ? `${explanation.needed} needed` : explanation.margin > 0 ? '1 person to spare' : 'nobody to spare'}`
    case 'unsteady':
      return `${sayPlaced(meter)}. ${unsteady[explanation.steadiness]}`
    case 'unsought':
      return 'Looking for the people who keep it'
    case 'waiting':
      return (
        `${sayCount(explanation.reachable, 'piece')} in reach, ${explanation.needed} needed` +
        (sayAwaySince(explanation.away) || '. Continues when people return')
      )
    case 'spreading':
      return `Being spread wider: ${explanation.percent} %`
    case 'restoring':
      return `${explanation.known} of ${explanation.of} pieces, the lost ones are being made anew`
    case 'short':
      return `${explanation.known} of ${explanation.of} pieces left${sayAwaySince(explanation.away)}`
    case 'gone':
      return `${sayCount(explanation.known, 'piece')} left, ${explanation.needed} needed${sayAwaySince(explanation.away)}`
    case 'over':
      return (
        `Kept until ${sayShortDay(explanation.until)}, now over. ` +
        (explanation.hasCopy ? 'Stored again from here when people are here' : 'People who still have pieces are asked again')
      )
    case 'trouble':
      return sayTrouble(explanation.trouble).what
  }
}

const unsteady = {
  unknown: 'Not known yet how often these people are here',
  low: 'Too few of these people are here often enough',
  'too low': 'These people are not here often enough to keep it: keep this page pinned, or run a holder at home',
} as const

/** Returns the sentence beside the status word of a row. */
export function sayRow(file: FileView): string {
  const { isPaused, meter, explanation } = file
  if (!isPaused) return sayExplanation(explanation, meter)
  return meter.value === 0 ? 'Paused, nothing placed yet' : `Paused, ${meter.value} of ${meter.max} pieces placed`
}

/** Says who is away and since when, as a further sentence; '' when nobody is named. */
function sayAwaySince(away: AwayView | undefined): string {
  if (away === undefined) return ''
  const { name, others, since } = away
  const who = others === 0 ? name : `${name} and ${sayCount(others, 'other')}`
  return `. ${who} away since ${sayShortDay(since)}`
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
