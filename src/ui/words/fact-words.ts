import { enoughOf } from '../../core/health.ts'
import type { Outlook } from '../../core/healing/outlook.ts'
import type { FileView } from '../../peer/index.ts'
import { sayAge, sayCount } from './figures.ts'

/** One line about a file's health: a number first, then one short sentence. */
export interface Fact {
  readonly term: string
  readonly strong: string
  readonly rest: string
}

/**
 * Returns the facts, all of them of the worst segment: now, at other times, within a day, margin, the losses that it survives, the age of the
 * evidence. Those that are expected are missing while `outlook` is not known yet.
 */
export function factsOf(file: FileView, outlook: Outlook | undefined, now: number): readonly Fact[] {
  if (outlook === undefined) return [nowFact(file), marginFact(file)]
  const { nowPercent, dayPercent, survivesPercent, provenAt } = outlook
  return [
    nowFact(file),
    {
      term: 'At other times',
      strong: sayOften(nowPercent),
      rest: ' enough people are here at once, going by how often this device saw them. Newcomers count as here a third of the time.',
    },
    { term: 'Within a day', strong: sayOften(dayPercent), rest: ' enough pieces can be fetched within 24 hours.' },
    marginFact(file),
    {
      term: 'Survives losing',
      strong: survivesPercent === 0 ? 'Less than 1 %' : `${survivesPercent} %`,
      rest: ' of all people at once. Up to there the chance of losing this file is below one in a million.',
    },
    ...(provenAt === undefined ? [] : [evidenceFact(now - provenAt)]),
  ]
}

/** Returns one or two sentences about the people who keep the file, and how many of them are enough. */
export function healthSentence({ health, meter, status }: FileView): string {
  const { people, peopleHere, known, needed, isChecking } = health
  const enough = enoughOf(health)
  const keep = sayCount(people, 'person keeps pieces', 'people keep pieces')
  if (status === 'Cannot be rebuilt') return `${sayCount(known, 'piece')} left, ${needed} are needed. Nobody can bring this file back.`
  if (meter.value < needed || people === 0) return `${keep} so far. Any ${needed} pieces will bring this file back.`
  if (isChecking) return `${keep}. Checking who is here.`
  if (enough === undefined) return `${keep}, ${peopleHere} of them here. Together they cannot bring this file back.`
  const here = peopleHere === people ? 'all of them here' : `${peopleHere} of them here`
  return `${keep}, ${here}. Any ${enough} of ${peopleHere === people ? 'them' : `those ${peopleHere}`} can bring this file back.`
}

function nowFact({ health, hasLocalCopy }: FileView): Fact {
  const term = 'Now'
  const { here, needed, isChecking } = health
  if (isChecking) return { term, strong: 'Checking.', rest: ' The people who keep it are greeted. Until then this is what was known last.' }
  if (here >= needed && here > 0) return { term, strong: 'Can be opened.', rest: ` ${sayCount(here, 'piece')} in reach, ${needed} needed.` }
  if (hasLocalCopy) return { term, strong: 'Can be opened.', rest: ' A copy is on this device.' }
  return {
    term,
    strong: 'Cannot be opened right now.',
    rest: ` ${here} of ${needed} needed pieces are in reach. It goes on when people return.`,
  }
}

function marginFact({ health: { known, needed } }: FileView): Fact {
  const term = 'Margin'
  const spare = known - needed
  if (spare > 0) return { term, strong: sayCount(spare, 'piece'), rest: ` may be lost: ${known} are known, ${needed} are needed.` }
  if (spare === 0) return { term, strong: 'None.', rest: ` Each of the ${known} known pieces is needed.` }
  return { term, strong: 'None.', rest: ` ${sayCount(known, 'piece is', 'pieces are')} known, ${needed} are needed.` }
}

function evidenceFact(ageMs: number): Fact {
  const age = sayAge(ageMs)
  const strong = age === '' ? 'Less than a minute old.' : `At most ${age} old.`
  return { term: 'Evidence', strong, rest: ' Every piece that counts was read from its person and checked.' }
}

/** Returns in words how often something is so. Nobody measures more than a few weeks of a few people: exact figures would say too much. */
function sayOften(percent: number): string {
  const [, word] = often.find(([least]) => percent >= least) ?? often[often.length - 1] ?? [0, '']
  return word
}

const often = [
  [99, 'Almost always'],
  [90, '9 times in 10'],
  [75, '3 times in 4'],
  [50, 'Half of the time'],
  [10, 'Now and then'],
  [0, 'Hardly ever'],
] as const
