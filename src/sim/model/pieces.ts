import type { ModelPerson, ModelSegment, Row, Swarm } from './swarm.ts'

/** Which pieces there are in truth, whatever anybody believes. */
export interface Pieces {
  /** Gives `person` the piece `index` of `segment`; somebody who lies takes it and may keep nothing. */
  place(segment: ModelSegment, person: ModelPerson, index: number): Row
  /** Forgets a row, and the piece behind it. */
  drop(row: Row): void
  /** Forgets the rows of a segment that cannot be rebuilt any more. */
  clear(segment: ModelSegment): void
  /** Somebody came or went: its pieces are there, or not. Called when `isHere` has changed. */
  moved(person: ModelPerson): void
  /** Somebody is dead: its pieces are gone, though nobody knows. Called when it is no longer here. */
  died(person: ModelPerson): void
  /** Tells whether k pieces of the segment are there. */
  isReadable(segment: ModelSegment): boolean
  /** How many living people have that piece. */
  copies(segment: ModelSegment, index: number): number
  /** Share of time and segments, up to now, in which fewer than k pieces were there. */
  unavailable(): number
  /** Called with a segment of which fewer than k pieces are left. */
  onLost(listener: (segment: ModelSegment) => void): void
}

/** Returns the table of pieces of a swarm; files begin at `beginAt`. */
export function createPieces(swarm: Swarm, beginAt: number): Pieces {
  const { timeline } = swarm
  const { k, t } = swarm.code
  const count = swarm.segments.length
  const [hereByIndex, aliveByIndex] = [new Uint16Array(count * t), new Uint16Array(count * t)]
  const [here, alive] = [new Uint8Array(count), new Uint8Array(count)]
  let listener: (segment: ModelSegment) => void = () => undefined
  let [missing, missingMs, missingSince] = [count, 0, beginAt]

  const setMissing = (next: number): void => {
    const now = Math.max(beginAt, timeline.now())
    missingMs += missing * (now - missingSince)
    missingSince = now
    missing = next
  }
  const countHere = ({ segment, index }: Row, step: 1 | -1): void => {
    const place = segment * t + index
    const before = hereByIndex[place] ?? 0
    hereByIndex[place] = before + step
    if ((step === 1 && before > 0) || (step === -1 && before > 1)) return
    const distinct = (here[segment] = (here[segment] ?? 0) + step)
    if (step === 1 && distinct === k) setMissing(missing - 1)
    if (step === -1 && distinct === k - 1) setMissing(missing + 1)
  }
  const countAlive = ({ segment, index }: Row, step: 1 | -1): void => {
    const place = segment * t + index
    const before = aliveByIndex[place] ?? 0
    aliveByIndex[place] = before + step
    if ((step === 1 && before > 0) || (step === -1 && before > 1)) return
    const distinct = (alive[segment] = (alive[segment] ?? 0) + step)
    const lost = swarm.segments[segment]
    if (step === -1 && distinct === k - 1 && lost !== undefined) timeline.plan(timeline.now(), () => listener(lost))
  }
  const forget = (row: Row): void => {
    const { person } = row
    if (person.rowBySegment.get(row.segment) !== row) return
    person.rowBySegment.delete(row.segment)
    unsettle(swarm.segments[row.segment])
    if (person.isDead) return
    person.usedBytes -= swarm.segments[row.segment]?.shardBytes ?? 0
    if (!row.hasPiece) return
    if (person.isHere) countHere(row, -1)
    countAlive(row, -1)
  }

  return {
    place: (segment, person, index) => {
      const now = timeline.now()
      const { lie } = person.kind
      const row: Row = {
        segment: segment.number,
        index,
        person,
        peer: person.peer,
        hasPiece: lie === undefined || lie === 'idle-guardian',
        shard: `${segment.number} ${index}`,
        toldAt: now,
        takenAt: now,
        checkedAt: undefined,
        standing: 'told',
        isLost: false,
        lastSeenAt: now,
      }
      unsettle(segment)
      forgetDead(segment, index)
      segment.rows.push(row)
      person.rowBySegment.set(segment.number, row)
      person.usedBytes += segment.shardBytes
      if (row.hasPiece && person.isHere) countHere(row, 1)
      if (row.hasPiece) countAlive(row, 1)
      return row
    },
    drop: (row) => {
      forget(row)
      const segment = swarm.segments[row.segment]
      if (segment !== undefined) segment.rows = segment.rows.filter((each) => each !== row)
    },
    clear: (segment) => {
      for (const row of segment.rows) forget(row)
      segment.rows = []
    },
    moved: (person) => {
      for (const row of person.rowBySegment.values()) if (row.hasPiece) countHere(row, person.isHere ? 1 : -1)
    },
    died: (person) => {
      for (const row of person.rowBySegment.values()) if (row.hasPiece) countAlive(row, -1)
    },
    copies: (segment, index) => aliveByIndex[segment.number * t + index] ?? 0,
    isReadable: ({ number }) => (here[number] ?? 0) >= k,
    unavailable: () => {
      setMissing(missing)
      return missingMs / ((timeline.now() - beginAt) * count)
    },
    onLost: (next) => {
      listener = next
    },
  }
}

/** Has everybody look again at the segments of which `person` keeps a piece: it is lost, found, or known better. */
export function unsettleAll({ segments }: Pick<Swarm, 'segments'>, { rowBySegment }: ModelPerson): void {
  for (const segment of rowBySegment.keys()) unsettle(segments[segment])
}

function unsettle(segment: ModelSegment | undefined): void {
  if (segment !== undefined) segment.settledUntil = -Infinity
}

/** A row of the dead makes no difference any more once its index is made anew: the new one is always seen later. */
function forgetDead(segment: ModelSegment, index: number): void {
  segment.rows = segment.rows.filter((row) => {
    const isOver = row.index === index && row.person.isDead && row.person.isLost
    if (isOver) row.person.rowBySegment.delete(row.segment)
    return !isOver
  })
}
