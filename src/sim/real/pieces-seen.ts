import { hex } from '../../core/bytes.ts'
import type { ShardFacts } from '../../ports/shard-store.ts'

/** A person as the pieces on its disk matter. */
export interface Keeper {
  readonly isHere: boolean
  /** It left for good: what it keeps never comes back. */
  readonly isDead: boolean
  /** Somebody who sees all beacons gives it up. */
  readonly isLost: boolean
  /** Nobody reads its pieces right. */
  readonly isLiar: boolean
}

/** What is told of the pieces on all disks. Times are milliseconds of the timeline. */
export interface PiecesSeen {
  kept(keeper: Keeper, facts: ShardFacts): void
  dropped(keeper: Keeper, facts: ShardFacts): void
  /** `isHere` of the keeper changed. */
  moved(keeper: Keeper): void
  /** The keeper is dead: what it keeps is gone, though nobody knows. */
  died(keeper: Keeper): void
  /** From now on groups of these ids are counted; they are the only ones. */
  count(isCounted: (groupId: string) => boolean): void
  /** Segments that are counted. */
  segments(): number
  /** Returns the number of pieces of each counted segment at people who are not given up. */
  known(): readonly number[]
  /** Counted segments of which fewer than k pieces are left. */
  lost(): number
  /** Share of the time since `count` and of the counted segments in which fewer than k pieces were there. */
  unavailable(): number
  /** Pieces that came since `count` although somebody living had the same one. */
  duplicates(): number
  /** Pieces that liars took. */
  liarsPlaced(): number
}

interface Seen {
  readonly groupId: string
  /** Living people, and people who are here, who keep each index. */
  readonly alive: Map<number, number>
  readonly here: Map<number, number>
  isCounted: boolean
}

/** Looks at pieces on disks from outside; nobody keeps any yet. `k` of them make a segment readable. */
export function createPiecesSeen(now: () => number, k: () => number): PiecesSeen {
  const segments = new Map<string, Seen>()
  const indexByKeeper = new Map<Keeper, Map<Seen, number>>()
  let [duplicates, liarsPlaced, missing, missingMs, since, beganAt] = [0, 0, 0, 0, 0, 0]
  let hasBegun = false

  const counted = (): readonly Seen[] => [...segments.values()].filter(({ isCounted }) => isCounted)
  const segmentOf = ({ segmentId, groupId }: ShardFacts): Seen => {
    const name = hex(segmentId)
    const known = segments.get(name)
    if (known !== undefined) return known
    const made: Seen = { groupId: hex(groupId), alive: new Map(), here: new Map(), isCounted: false }
    segments.set(name, made)
    return made
  }
  const setMissing = (next: number): void => {
    missingMs += missing * (now() - since)
    since = now()
    missing = next
  }
  const step = (counts: Map<number, number>, index: number, by: 1 | -1): void => {
    const next = (counts.get(index) ?? 0) + by
    if (next > 0) counts.set(index, next)
    else counts.delete(index)
  }
  const countHere = (segment: Seen, index: number, by: 1 | -1): void => {
    const before = segment.here.size
    step(segment.here, index, by)
    if (!segment.isCounted) return
    if (before < k() && segment.here.size >= k()) setMissing(missing - 1)
    if (before >= k() && segment.here.size < k()) setMissing(missing + 1)
  }

  return {
    kept(keeper, facts) {
      const segment = segmentOf(facts)
      const rows = indexByKeeper.get(keeper) ?? new Map<Seen, number>()
      indexByKeeper.set(keeper, rows)
      if (keeper.isLiar && segment.isCounted) liarsPlaced++
      if (keeper.isLiar || rows.has(segment)) return
      if (segment.isCounted && segment.alive.has(facts.index)) duplicates++
      rows.set(segment, facts.index)
      step(segment.alive, facts.index, 1)
      if (keeper.isHere) countHere(segment, facts.index, 1)
    },
    dropped(keeper, facts) {
      const segment = segmentOf(facts)
      if (indexByKeeper.get(keeper)?.get(segment) !== facts.index) return
      indexByKeeper.get(keeper)?.delete(segment)
      step(segment.alive, facts.index, -1)
      if (keeper.isHere) countHere(segment, facts.index, -1)
    },
    moved(keeper) {
      for (const [segment, index] of indexByKeeper.get(keeper) ?? []) countHere(segment, index, keeper.isHere ? 1 : -1)
    },
    died(keeper) {
      for (const [segment, index] of indexByKeeper.get(keeper) ?? []) step(segment.alive, index, -1)
    },
    count(isCounted) {
      hasBegun = true
      for (const segment of segments.values()) segment.isCounted = isCounted(segment.groupId)
      since = beganAt = now()
      missing = counted().filter(({ here }) => here.size < k()).length
    },
    segments: () => counted().length,
    known() {
      const knownBySegment = new Map<Seen, Set<number>>(counted().map((segment) => [segment, new Set()]))
      for (const [keeper, rows] of indexByKeeper) {
        if (keeper.isLost) {
          if (keeper.isDead) indexByKeeper.delete(keeper)
          continue
        }
        for (const [segment, index] of rows) knownBySegment.get(segment)?.add(index)
      }
      return [...knownBySegment.values()].map(({ size }) => size)
    },
    lost: () => counted().filter(({ alive }) => alive.size < k()).length,
    unavailable() {
      setMissing(missing)
      return hasBegun ? missingMs / ((now() - beganAt) * counted().length) : 0
    },
    duplicates: () => duplicates,
    liarsPlaced: () => liarsPlaced,
  }
}
