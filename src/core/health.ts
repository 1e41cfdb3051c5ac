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

/** The safety of a content: every figure is that of its worst segment. A piece that several people keep counts once. SPEC HTH. */
export interface Health {
  /** Distinct pieces, in this order: with people who are here, with people who were here within a day, with all people. */
  readonly here: number
  readonly lately: number
  readonly known: number
  /** People who keep a piece of any segment, and the number of them who are here. */
  readonly people: number
  readonly peopleHere: number
  /** Most people here who may go, whichever they are, while the others still bring back everything; below 0 so many pieces are missing. */
  readonly margin: number
  /** The margin if everybody were here. */
  readonly knownMargin: number
}

/**
 * Returns how safe the content of `segments` is; any `k` different pieces rebuild a segment. A segment of which nobody keeps a piece is an
 * empty list. Without segments there is nothing to lose and nothing is safe: all figures are 0.
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

/** Returns the number p such that any p of the people here bring back everything; undefined while not even all of them do. SPEC HTH3. */
export function enoughOf({ peopleHere, margin }: Health): number | undefined {
  return margin < 0 || peopleHere === 0 ? undefined : peopleHere - margin
}

/** Takes the worst case: people with the most pieces go first. A piece that two people keep counts for one of them. */
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
