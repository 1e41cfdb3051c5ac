/** A piece that somebody keeps, and whether that person is there. */
export interface KeptPiece {
  readonly index: number
  /** The person who keeps it; the same text is the same person. */
  readonly person: string
  /** The person answers now. */
  readonly isHere: boolean
  /** The person answers now, or did within a day. */
  readonly isLately: boolean
}

/** How safe a content is, each figure from its worst segment. Pieces are counted once, whoever keeps them too. SPEC HTH. */
export interface Health {
  /** Distinct pieces: with people who are here, with those who were within a day, with all. */
  readonly here: number
  readonly lately: number
  readonly known: number
  /** People who keep a piece of anything; how many of them are here. */
  readonly people: number
  readonly peopleHere: number
  /** How many of those here may go, whichever they are, so that those left still bring back everything; below 0 what is missing now. */
  readonly margin: number
  /** The same when everybody is here. */
  readonly knownMargin: number
}

/**
 * Returns how safe the content of `segments` is, of each of which any `k` different pieces are needed. A segment of which nobody keeps
 * anything is an empty list; without segments there is nothing to lose and nothing is safe: all figures are 0.
 * Source: SPEC.md HTH1 to HTH3.
 */
export function healthOf(segments: readonly (readonly KeptPiece[])[], k: number): Health {
  const everybody = segments.flat()
  const figure = (of: (pieces: readonly KeptPiece[]) => number): number => (segments.length === 0 ? 0 : Math.min(...segments.map(of)))
  const isHere = (piece: KeptPiece): boolean => piece.isHere
  return {
    here: figure((pieces) => distinct(pieces.filter(isHere))),
    lately: figure((pieces) => distinct(pieces.filter(({ isLately, isHere: isNow }) => isLately || isNow))),
    known: figure(distinct),
    people: new Set(everybody.map(({ person }) => person)).size,
    peopleHere: new Set(everybody.filter(isHere).map(({ person }) => person)).size,
    margin: figure((pieces) => marginOf(pieces.filter(isHere), k)),
    knownMargin: figure((pieces) => marginOf(pieces, k)),
  }
}

/** Returns of how many of the people who are here any group brings back everything; undefined while not even all of them do. SPEC HTH3. */
export function enoughOf({ peopleHere, margin }: Health): number | undefined {
  return margin < 0 || peopleHere === 0 ? undefined : peopleHere - margin
}

/** Returns the share, in whole percent, of the people who are here that may go at the same moment, whichever they are. SPEC HTH3. */
export function survivesPercent({ peopleHere, margin }: Health): number {
  return margin <= 0 ? 0 : Math.floor((100 * margin) / peopleHere)
}

/** The worst that can happen is that those go who keep most; a piece that two people keep counts for one of them. */
function marginOf(pieces: readonly KeptPiece[], k: number): number {
  const personByIndex = new Map(pieces.map(({ index, person }) => [index, person]))
  const countByPerson = new Map<string, number>()
  for (const person of personByIndex.values()) countByPerson.set(person, (countByPerson.get(person) ?? 0) + 1)
  let left = personByIndex.size
  if (left < k) return left - k
  let margin = 0
  for (const count of [...countByPerson.values()].sort((a, b) => b - a)) {
    left -= count
    if (left < k) break
    margin++
  }
  return margin
}

function distinct(pieces: readonly KeptPiece[]): number {
  return new Set(pieces.map(({ index }) => index)).size
}
