import { createNumberTable } from './number-table.ts'
import type { RollRow } from './roll.ts'

/** The first row about each segment of a group, by any text that names the segment. */
export type RowBySegment = Map<string, number>

/** The facts of a row, but for its holder. */
export type RowFacts = Omit<RollRow, 'holder'>

/** The rows of all claims of all groups: those about one segment form a list, in the order in which they were put. */
export interface SegmentRows {
  /** Returns the numbers of the rows about `segment`. */
  about(bySegment: RowBySegment | undefined, segment: string): readonly number[]
  /** Returns the row of `claim` about `segment`; 0 when there is none. */
  find(bySegment: RowBySegment | undefined, segment: string, claim: number): number
  /** Returns the number of the claim to which a row belongs. */
  claimOf(row: number): number
  /** Puts a row of `claim`. One with this index that is there already keeps its facts. */
  put(bySegment: RowBySegment, segment: string, claim: number, index: number, toldAt: number): void
  /** Forgets the rows of `claim` about segments that are not in `wanted`. */
  dropOthers(bySegment: RowBySegment, claim: number, wanted: ReadonlySet<string>): void
  facts(row: number): RowFacts
  /** Returns the facts of a row together with `known` ones. */
  view<T extends object>(row: number, known: T): RowFacts & T
  setFacts(row: number, facts: RowFacts): void
  /** Bytes of the table. */
  bytes(): number
}

/** Returns a table without rows. */
export function createSegmentRows(): SegmentRows {
  const rows = createNumberTable({ claim: 'u32', index: 'u8', hasFailed: 'u8', toldAt: 'u32', checkedAt: 'u32', next: 'u32' })

  function unlink(bySegment: RowBySegment, segment: string, before: number, row: number): void {
    const next = rows.get(row, 'next')
    if (before !== 0) rows.set(before, 'next', next)
    else if (next !== 0) bySegment.set(segment, next)
    else bySegment.delete(segment)
    rows.free(row)
  }

  function dropOne(bySegment: RowBySegment, segment: string, first: number, claim: number): void {
    let before = 0
    for (let row = first; row !== 0; row = rows.get(row, 'next')) {
      if (rows.get(row, 'claim') === claim) return unlink(bySegment, segment, before, row)
      before = row
    }
  }

  function setFacts(row: number, { index, toldAt, checkedAt, hasFailed }: RowFacts): void {
    rows.set(row, 'index', index)
    rows.set(row, 'toldAt', toSeconds(toldAt))
    // 0 stands for never.
    rows.set(row, 'checkedAt', checkedAt === undefined ? 0 : Math.max(1, toSeconds(checkedAt)))
    rows.set(row, 'hasFailed', hasFailed ? 1 : 0)
  }

  function view<T extends object>(row: number, known: T): RowFacts & T {
    const index = rows.get(row, 'index')
    const toldAt = rows.get(row, 'toldAt') * 1000
    const checkedAt = rows.get(row, 'checkedAt') * 1000
    const hasFailed = rows.get(row, 'hasFailed') !== 0
    return checkedAt === 0
      ? Object.assign(known, { index, toldAt, hasFailed })
      : Object.assign(known, { index, toldAt, checkedAt, hasFailed })
  }

  return {
    about: (bySegment, segment) => {
      const found: number[] = []
      for (let row = bySegment?.get(segment) ?? 0; row !== 0; row = rows.get(row, 'next')) found.push(row)
      return found
    },
    find: (bySegment, segment, claim) => {
      let row = bySegment?.get(segment) ?? 0
      while (row !== 0 && rows.get(row, 'claim') !== claim) row = rows.get(row, 'next')
      return row
    },
    claimOf: (row) => rows.get(row, 'claim'),
    put: (bySegment, segment, claim, index, toldAt) => {
      const fresh = { index, toldAt, hasFailed: false }
      let last = 0
      for (let row = bySegment.get(segment) ?? 0; row !== 0; row = rows.get(row, 'next')) {
        last = row
        if (rows.get(row, 'claim') !== claim) continue
        if (rows.get(row, 'index') !== index) setFacts(row, fresh)
        return
      }
      const row = rows.take()
      rows.set(row, 'claim', claim)
      setFacts(row, fresh)
      if (last === 0) bySegment.set(segment, row)
      else rows.set(last, 'next', row)
    },
    dropOthers: (bySegment, claim, wanted) => {
      for (const [segment, first] of bySegment) if (!wanted.has(segment)) dropOne(bySegment, segment, first, claim)
    },
    facts: (row) => view(row, {}),
    view,
    setFacts,
    bytes: rows.bytes,
  }
}

/** Seconds fit 32 bits until the year 2106. */
function toSeconds(ms: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(ms / 1000)))
}
