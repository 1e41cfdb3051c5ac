import type { FileView, KeeperView } from '../../peer/index.ts'
import { sayAge, sayCount } from '../figures.ts'

/** One line of what is known about a file's health: a number first, then one short sentence. */
export interface Fact {
  readonly term: string
  readonly strong: string
  readonly rest: string
}

const dayMs = 86_400_000

/** Returns now, within a day, margin, survives losing, and how old the evidence is. All from the worst segment; never a forecast. */
export function factsOf(file: FileView, keepers: readonly KeeperView[], now: number): readonly Fact[] {
  const { value, max, needed } = file.meter
  const here = worst(keepers, (keeper) => keeper.isConnected)
  const lately = worst(keepers, (keeper) => keeper.isConnected || (keeper.seenAt !== undefined && now - keeper.seenAt < dayMs))
  const margin = Math.max(0, value - needed)
  const facts = [
    openFact(file, here),
    { term: 'Within a day', strong: `${lately} of ${max}`, rest: ' pieces were in reach in the last 24 hours.' },
  ]
  if (value > 0) {
    facts.push(
      { term: 'Margin', strong: sayCount(margin, 'piece'), rest: ' more than needed.' },
      { term: 'Survives losing', strong: `${Math.floor((100 * margin) / value)} %`, rest: ' of these people at the same moment.' },
    )
  }
  const evidence = evidenceOf(keepers, now)
  if (evidence !== undefined) facts.push(evidence)
  return facts
}

function openFact(file: FileView, here: number): Fact {
  const term = 'Now'
  const { needed } = file.meter
  if (here >= needed && here > 0) {
    return {
      term,
      strong: 'Can be opened.',
      rest: ` ${sayCount(here, 'person', 'people')} with pieces ${here === 1 ? 'is' : 'are'} here, ${needed} are needed.`,
    }
  }
  if (file.hasLocalCopy) return { term, strong: 'Can be opened.', rest: ' A copy is on this device.' }
  return { term, strong: 'Cannot be opened right now.', rest: ` ${here} of ${needed} needed people are here; it goes on when they return.` }
}

/** Returns the count of different pieces of the worst segment whose keepers satisfy `counts`. */
function worst(keepers: readonly KeeperView[], counts: (keeper: KeeperView) => boolean): number {
  const piecesBySegment = new Map<number, Set<number>>()
  for (const keeper of keepers) {
    const pieces = piecesBySegment.get(keeper.segment) ?? new Set()
    piecesBySegment.set(keeper.segment, pieces)
    if (counts(keeper)) pieces.add(keeper.piece)
  }
  const counted = [...piecesBySegment.values()].map((pieces) => pieces.size)
  return counted.length === 0 ? 0 : Math.min(...counted)
}

function evidenceOf(keepers: readonly KeeperView[], now: number): Fact | undefined {
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
