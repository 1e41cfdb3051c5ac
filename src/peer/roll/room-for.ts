import { MAX_GROUP_HOLDERS } from '../../protocol/limits.ts'
import { ranks, type Roll, type RollHolder, type Telling } from './roll.ts'
import type { PeerId } from '../../core/ids.ts'

/** A claim that somebody tells, before it is put into the roll of its group. */
export interface Newcomer {
  readonly holder: PeerId
  /** Its teller, and the rank that it has by this teller alone. */
  readonly telling: Telling
  /** Bytes that it would take where it is kept. */
  readonly bytes: number
  /** A piece that it names was read from its holder just now, and proved itself. */
  readonly isChecked: boolean
  /** Claims of other people whom nobody knew that its teller told just before and that are about to be put. */
  readonly ahead?: number
}

/** The bounds of a group's roll on this device. */
export interface RollBounds {
  /** This device, whose own claim stays always. */
  readonly self: PeerId
  /** Most bytes of all claims of the group. */
  readonly bytes: number
  /** Returns since when a holder is given up, Unix milliseconds; undefined while it is not. */
  readonly lostSince: (holder: RollHolder) => number | undefined
}

/** Most unchecked people of one teller that placed nothing of the group. SPEC GRO4. */
const UNCHECKED_OF_ONE = MAX_GROUP_HOLDERS / 8

/**
 * Returns the holders that have to go so that the newcomer has room, first those who go first; undefined when it has no room.
 * Source: SPEC.md GRO4.
 */
export function roomFor(roll: Roll, newcomer: Newcomer, { self, bytes, lostSince }: RollBounds): readonly PeerId[] | undefined {
  const { holder, telling } = newcomer
  const all = roll.all()
  const known = all.find((each) => each.holder === holder)
  const others = all.filter((each) => each.holder !== holder)
  const isChecked = newcomer.isChecked || known?.isChecked === true
  const unchecked = uncheckedOf(others, telling.teller) + (newcomer.ahead ?? 0)
  if (!isChecked && telling.rank === ranks.hearsay && unchecked >= UNCHECKED_OF_ONE) return undefined
  const candidates = others.filter((each) => each.holder !== self)
  const going = isChecked ? forChecked(candidates, lostSince) : forUnchecked(candidates, telling)
  let count = others.length
  let left = bytes - others.reduce((sum, each) => sum + each.bytes, 0) - newcomer.bytes
  const out: PeerId[] = []
  for (const each of going) {
    if (count < MAX_GROUP_HOLDERS && left >= 0) break
    out.push(each.holder)
    count--
    left += each.bytes
  }
  return count < MAX_GROUP_HOLDERS && left >= 0 ? out : undefined
}

/** A checked claim takes the place of people given up, longest first, then of unchecked ones, lowest rank first. */
function forChecked(candidates: readonly RollHolder[], lostSince: RollBounds['lostSince']): readonly RollHolder[] {
  const lostAt = new Map(candidates.map((each) => [each, lostSince(each)]))
  const since = (each: RollHolder): number => lostAt.get(each) ?? Infinity
  const lost = candidates.filter((each) => lostAt.get(each) !== undefined).toSorted((a, b) => since(a) - since(b))
  return [...lost, ...candidates.filter((each) => lostAt.get(each) === undefined && !each.isChecked).toSorted(byRank)]
}

/** Hearsay takes nobody's place; other unchecked claims take that of unchecked ones of no higher rank, told longest ago. */
function forUnchecked(candidates: readonly RollHolder[], { rank }: Telling): readonly RollHolder[] {
  if (rank === ranks.hearsay) return []
  return candidates.filter((each) => !each.isChecked && rankOf(each) <= rank).toSorted(byRank)
}

function uncheckedOf(holders: readonly RollHolder[], teller: PeerId): number {
  return holders.filter((each) => !each.isChecked && rankOf(each) === ranks.hearsay && each.telling?.teller === teller).length
}

function byRank(a: RollHolder, b: RollHolder): number {
  return rankOf(a) - rankOf(b)
}

function rankOf({ telling }: RollHolder): number {
  return telling?.rank ?? ranks.hearsay
}
