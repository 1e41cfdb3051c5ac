import { listOf, tuple, uint, where, type Shape } from '../encoding.ts'
import { vaultId, type Slot } from './entry-id.ts'

/**
 * How far the chains of a log go in somebody's hands: of each slot the highest `seq`, everything up to which is there. A slot that is
 * missing has nothing. SPEC VLT17.
 */
export type Frontier = ReadonlyMap<Slot, number>

/** The frontier of somebody who has nothing. */
export const nothingSeen: Frontier = new Map()

/** A frontier of up to `max` slots: the list of (slot, seq), by rising slot. */
export function frontierShape(max: number): Shape<Frontier> {
  const rows = where(
    listOf(tuple<[Slot, number]>(vaultId<Slot>(), uint()), { max }),
    (list) => list.every(([slot], at) => at === 0 || (list[at - 1]?.[0] ?? slot) < slot),
    'slots not in order',
  )
  return {
    write: (frontier) => rows.write([...frontier].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    read: (item) => new Map(rows.read(item)),
  }
}

/** Tells whether everything that `other` has is in `frontier` too. */
export function covers(frontier: Frontier, other: Frontier): boolean {
  for (const [slot, seq] of other) if (!isCovered(frontier, slot, seq)) return false
  return true
}

/** Tells whether entry `seq` of `slot` is in `frontier`. */
export function isCovered(frontier: Frontier, slot: Slot, seq: number): boolean {
  return (frontier.get(slot) ?? -1) >= seq
}

/** Returns what several people have together. */
export function joinFrontiers(...frontiers: readonly Frontier[]): Frontier {
  const joined = new Map<Slot, number>()
  for (const frontier of frontiers) for (const [slot, seq] of frontier) joined.set(slot, Math.max(seq, joined.get(slot) ?? 0))
  return joined
}

/** Returns the part of `frontier` that goes beyond `told`. */
export function risenAbove(told: Frontier, frontier: Frontier): Frontier {
  return new Map([...frontier].filter(([slot, seq]) => !isCovered(told, slot, seq)))
}
