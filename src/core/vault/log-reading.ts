import { compareBytes, equalBytes, type Bytes } from '../bytes.ts'
import { entryOfChange } from './change.ts'
import { compareIds, type Slot } from './entry-id.ts'
import { createVaultState, type VaultEntry, type VaultState } from './entry.ts'
import { covers, isCovered, joinFrontiers, risenAbove, type Frontier } from './frontier.ts'
import { MAX_SEEN, type LogBody } from './log-body.ts'
import type { CheckedLogEntry } from './log-entry.ts'

/** An entry whose signature was checked, and its body. */
export interface OpenedEntry {
  readonly entry: CheckedLogEntry
  readonly body: LogBody
}

/** What a log says beyond its layers. */
export interface ReadLog {
  /** The entries above the floors whose chains are whole, each after the one before it. Their changes are what counts. */
  readonly entries: readonly OpenedEntry[]
  /** Everything up to here is in the layers or in `entries`. */
  readonly frontier: Frontier
  /** What somebody has seen, and nobody gave. */
  readonly missing: Frontier
  /** Slots of which two different entries have one number: their devices go on in new slots. */
  readonly forked: ReadonlySet<Slot>
}

/**
 * Returns what the log says above `floors`, the join of those of the lists that count. Entries behind a gap wait until it is closed.
 * Source: SPEC.md VLT10, VLT17.
 */
export function readLog(opened: readonly OpenedEntry[], floors: Frontier): ReadLog {
  const frontier = new Map(floors)
  const forked = new Set<Slot>()
  const entries: OpenedEntry[] = []
  const above = opened.filter(({ entry: { slot, seq } }) => !isCovered(floors, slot, seq))
  // Digests of the entries of each slot that were read last: two of them after a fork.
  const lastRead = new Map<Slot, readonly CheckedLogEntry[]>()
  for (const bySeq of groupedBySeq(above)) {
    const { slot, seq } = bySeq[0].entry
    if (seq !== (frontier.get(slot) ?? -1) + 1) continue
    const before = lastRead.get(slot)
    const following = bySeq.filter(({ body: { prev } }) => before === undefined || before.some(({ digest }) => isPrev(prev, digest)))
    if (following.length === 0) continue
    if (following.length > 1) forked.add(slot)
    entries.push(...following)
    lastRead.set(
      slot,
      following.map(({ entry }) => entry),
    )
    frontier.set(slot, seq)
  }
  const seen = joinFrontiers(...entries.map(({ body }) => body.seen))
  return { entries, frontier, missing: risenAbove(frontier, seen), forked }
}

/** Returns what the changes of a log above its floors say of entries: what a layer of them has. SPEC VLT15. */
export function changedEntries({ entries }: Pick<ReadLog, 'entries'>): readonly VaultEntry[] {
  return entries.flatMap(({ body }) => body.changes.map((change) => entryOfChange(change, body.device)))
}

/** Returns the state of the vault: the entries of all layers of the lists that count, and what the log says above them. SPEC VLT22. */
export function vaultStateOf(layers: Iterable<VaultEntry>, log: ReadLog): VaultState {
  const state = createVaultState(layers)
  for (const entry of changedEntries(log)) state.join(entry)
  return state
}

/**
 * Returns what the device in `slot` is known to have: its own chain, all that its entries have seen, and the floors of the lists among
 * that, since who has read the entry of a list has what its layers hold. Source: SPEC.md VLT17.
 */
export function knowledgeOf(slot: Slot, opened: readonly OpenedEntry[]): Frontier {
  const own = opened.filter(({ entry }) => entry.slot === slot)
  let known = joinFrontiers(...own.flatMap(({ entry, body }) => [body.seen, new Map([[slot, entry.seq]])]))
  for (;;) {
    const floors = opened.flatMap(({ entry }) =>
      entry.floors !== undefined && isCovered(known, entry.slot, entry.seq) && !covers(known, entry.floors) ? [entry.floors] : [],
    )
    if (floors.length === 0) return known
    known = joinFrontiers(known, ...floors)
  }
}

/**
 * Returns what the next entry of the device in `slot` tells of the others: what is not known yet that it has. Floors go without saying,
 * since the entries of their lists are above them and told. Source: SPEC.md VLT17.
 */
export function seenToTell(slot: Slot, { entries, frontier }: ReadLog, floors: Frontier): Frontier {
  const told = joinFrontiers(floors, knowledgeOf(slot, entries))
  return new Map([...risenAbove(told, frontier)].filter(([other]) => other !== slot).slice(0, MAX_SEEN))
}

/** Returns the entries by slot and rising seq, those of one number together. */
function groupedBySeq(opened: readonly OpenedEntry[]): readonly [OpenedEntry, ...OpenedEntry[]][] {
  const ordered = opened.toSorted(
    ({ entry: a }, { entry: b }) => compareIds(a.slot, b.slot) || a.seq - b.seq || compareBytes(a.digest, b.digest),
  )
  const groups: [OpenedEntry, ...OpenedEntry[]][] = []
  for (const one of ordered) {
    const last = groups.at(-1)
    const before = last?.at(-1)?.entry
    if (last === undefined || before?.slot !== one.entry.slot || before.seq !== one.entry.seq) groups.push([one])
    else if (!equalBytes(before.digest, one.entry.digest)) last.push(one)
  }
  return groups
}

function isPrev(prev: Bytes | null, digest: Bytes): boolean {
  return prev !== null && equalBytes(prev, digest)
}
