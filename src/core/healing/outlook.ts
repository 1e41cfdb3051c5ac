/** A piece that counts, and how often its person is there. */
export interface ReliedPiece {
  readonly index: number
  /** The person who keeps it; the same text is the same person. */
  readonly person: string
  /** Likelihood, from 0 to 1, that the person is there at a random moment; 0 for somebody who was not seen for a day. SPEC PRS4. */
  readonly uptime: number
  /** Milliseconds; absent while no absence of the person has ended. */
  readonly meanAbsenceMs?: number | undefined
  /** When this device last had proof of the piece, Unix milliseconds. */
  readonly provenAt: number
}

/** What may be expected of a content, from its worst segment. Percentages are whole, rounded down, and never 100 by rounding. SPEC HTH. */
export interface Outlook {
  /** How likely k pieces are with people who are there at a random moment, and with people who are there some time within a day. */
  readonly nowPercent: number
  readonly dayPercent: number
  /** The largest share of all people that may be lost at once while the loss of the content is less likely than one in a million. */
  readonly survivesPercent: number
  /** When the piece whose proof is oldest proved itself, Unix milliseconds; absent while nothing is kept. */
  readonly provenAt?: number
}

/** Mean absence of somebody of whom no absence has ended. SPEC PRS6. */
const DAY_MS = 86_400_000
/** Largest likelihood of loss at which a content counts as surviving. SPEC HTH7. */
const LOSS_AT_MOST = 1e-6

/**
 * Returns what may be expected of the content of `segments`, of which any `k` different pieces rebuild one. A segment of which nobody keeps a
 * piece is an empty list. Each person counts for one piece of a segment, each piece for one person: whoever is away takes all its pieces along.
 * Source: SPEC.md HTH6, HTH7.
 */
export function outlookOf(segments: readonly (readonly ReliedPiece[])[], k: number): Outlook {
  const parted = segments.map(oneEach)
  const worst = (of: (pieces: readonly ReliedPiece[]) => number): number => (parted.length === 0 ? 0 : Math.min(...parted.map(of)))
  const percent = (chanceOf: (piece: ReliedPiece) => number): number =>
    worst((pieces) => Math.floor(100 * chanceOfEnough(pieces.map(chanceOf), k)))
  const all = segments.flat()
  return {
    nowPercent: percent(({ uptime }) => uptime),
    dayPercent: percent(dayUptimeOf),
    survivesPercent: worst(({ length }) => survivesPercent(length, k)),
    ...(all.length > 0 && { provenAt: Math.min(...all.map(({ provenAt }) => provenAt)) }),
  }
}

/**
 * Returns how likely, from 0 to 1, a person who was seen lately is there at any moment of a day: it is there, or comes back in time. Somebody who
 * was not seen lately is not expected.
 * Source: SPEC.md PRS6; research: durability, the rule for 24 hours.
 */
export function dayUptimeOf({ uptime, meanAbsenceMs = DAY_MS }: Pick<ReliedPiece, 'uptime' | 'meanAbsenceMs'>): number {
  return uptime === 0 ? 0 : 1 - (1 - uptime) * Math.exp(-DAY_MS / Math.max(1, meanAbsenceMs))
}

/**
 * Returns how likely at least `k` of some independent events happen that are as likely as `chances` say, each from 0 to 1.
 * Source: Poisson-binomial distribution by adding one event after another; what is at k or beyond is summed up.
 */
export function chanceOfEnough(chances: readonly number[], k: number): number {
  if (k === 0) return 1
  /** How likely so many of the events seen so far happened, up to k. */
  const counts = new Float64Array(k + 1)
  counts[0] = 1
  for (const chance of chances) {
    counts[k] = (counts[k] ?? 0) + (counts[k - 1] ?? 0) * chance
    for (let count = k - 1; count > 0; count--) counts[count] = (counts[count] ?? 0) * (1 - chance) + (counts[count - 1] ?? 0) * chance
    counts[0] = (counts[0] ?? 0) * (1 - chance)
  }
  return Math.min(1, counts[k] ?? 0)
}

/**
 * Returns the largest whole percentage of all people that may be lost at once, drawn blindly, while fewer than `k` of `known` pieces with as
 * many people are left with a likelihood of at most one in a million.
 * Source: SPEC.md HTH7.
 */
export function survivesPercent(known: number, k: number): number {
  let percent = 0
  while (percent < 99 && known >= k && chanceOfLoss(known, k, (percent + 1) / 100) <= LOSS_AT_MOST) percent++
  return percent
}

/** Returns how likely fewer than `k` of `known` remain when each is lost with the likelihood `share`, above 0 and below 1. */
function chanceOfLoss(known: number, k: number, share: number): number {
  let term = share ** known
  let sum = 0
  for (let left = 0; left < k; left++) {
    sum += term
    term *= ((known - left) / (left + 1)) * ((1 - share) / share)
  }
  return sum
}

/** Returns different pieces of different people, those of people who are there most first. */
function oneEach(pieces: readonly ReliedPiece[]): readonly ReliedPiece[] {
  const indices = new Set<number>()
  const people = new Set<string>()
  return pieces
    .toSorted((a, b) => b.uptime - a.uptime)
    .filter(({ index, person }) => {
      if (indices.has(index) || people.has(person)) return false
      indices.add(index)
      people.add(person)
      return true
    })
}
