import { enoughOf, survivesPercent } from '../../core/health.ts'
import type { FileView, HolderView } from '../../peer/index.ts'
import { sayAge, sayCount } from './figures.ts'

/** One line about a file's health: a number first, then one short sentence. */
export interface Fact {
  readonly term: string
  readonly strong: string
  readonly rest: string
}

/** Returns the facts: now, within a day, margin, losses it survives, age of the evidence. All from the worst segment; never a forecast. */
export function factsOf(file: FileView, keepers: readonly HolderView[], now: number): readonly Fact[] {
  const { health, meter } = file
  const { lately, margin, knownMargin, peopleHere } = health
  const facts = [
    nowFact(file),
    { term: 'Within a day', strong: `${lately} of ${meter.max}`, rest: ' pieces were in reach in the last 24 hours.' },
  ]
  if (health.people > 0) {
    const all = knownMargin > Math.max(0, margin) ? ` ${knownMargin} if everybody were here.` : ''
    facts.push(
      {
        term: 'Margin',
        strong: margin > 0 ? sayCount(margin, 'person', 'people') : 'Nobody',
        rest: margin > 0 ? ` of those here may leave, whoever it is.${all}` : ` of those here may leave.${all}`,
      },
      {
        term: 'Survives losing',
        strong: `${survivesPercent(health)} %`,
        rest: ` of the ${sayCount(peopleHere, 'person', 'people')} here at the same moment.`,
      },
    )
  }
  const evidence = evidenceOf(keepers, now)
  if (evidence !== undefined) facts.push(evidence)
  return facts
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

function evidenceOf(keepers: readonly HolderView[], now: number): Fact | undefined {
  const ages = keepers.flatMap((keeper) => (keeper.isConnected ? [0] : keeper.seenAt === undefined ? [] : [now - keeper.seenAt]))
  if (ages.length === 0) return undefined
  const best = sayAge(Math.min(...ages))
  const eldest = sayAge(Math.max(...ages))
  const rest = eldest === best ? ' Every counted piece was checked.' : `${eldest} at worst. Every counted piece was checked.`
  return {
    term: 'Evidence',
    strong: best === '' ? 'From this minute.' : `${best} old at best,`,
    rest: eldest === best || eldest === '' ? ' Every counted piece was checked.' : ` ${rest}`,
  }
}
