import { hex, type Bytes } from '../../core/bytes.ts'
import type { Paper } from '../../core/charter.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { emptyLog, type KeptLog } from '../../core/vault/log-entry.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { GroupNews } from '../../protocol/group.ts'
import type { Roll } from './roll.ts'

/** The groups of which one device keeps news and pieces, as they are compared with what others know. */
export interface ComparedGroups {
  /** Returns the groups with a holder. */
  all(): readonly GroupId[]
  /** Tells whether there is a paper or a piece of the group. */
  isKnown(groupId: GroupId): boolean
  roll(groupId: GroupId): Roll
  /** Returns something that is another one, by identity, after each change of the paper. */
  paperMark(groupId: GroupId): unknown
  /** Resolves with the newest paper; undefined when there is none. */
  paper(groupId: GroupId): Promise<Paper | undefined>
  /** Resolves with the newest claim of `holder` as it was signed; undefined when there is none. */
  claim(groupId: GroupId, holder: PeerId): Promise<Bytes | undefined>
  /** Keeps what is newer of `peer`'s news, every signature checked. Throws HoardError 'holder-refused' and those of papers and claims. */
  take(peer: PeerId, groupId: GroupId, news: GroupNews): Promise<void>
  /** Returns a digest of the entries of a group's log, as text; undefined when none are kept. */
  logMark?(groupId: GroupId): string | undefined
  /** Resolves with the log of a group. */
  log?(groupId: GroupId): Promise<KeptLog>
  /** Keeps what is new of a log that `peer` gave, every signature checked. Throws HoardError 'holder-refused' and those of entries. */
  takeLog?(peer: PeerId, groupId: GroupId, entries: readonly Bytes[]): Promise<void>
  /** Calls `listener` after each change of a group's paper or claims; returns how to stop. */
  watch(listener: (groupId: GroupId) => void): () => void
}

/** The groups of two halves of a device. */
export interface JoinedGroups extends ComparedGroups {
  /** Returns the half to which a group belongs. */
  of(groupId: GroupId): ComparedGroups
  /** Tells whether there is a claim of `holder` in a group: asked about all groups for each peer that is compared with. */
  has(groupId: GroupId, holder: PeerId): boolean
}

/** The groups that have changed and are to be compared. Times are on the scale of the clock's `ran`. */
export interface ChangedGroups {
  /** Notes a change. Returns 'first' where no other one waits. */
  note(groupId: GroupId): 'first' | 'further'
  /** Notes that `peer`, which asked at `askedAt`, knows the same of a group. */
  noteAlike(peer: PeerId, groupId: GroupId, askedAt: number): void
  /** Returns when they are compared; infinite while there are none. */
  dueAt(): number
  /** Returns what tells of a peer with which of the groups it is to be compared; none of them waits any more. */
  take(): (peer: PeerId) => readonly GroupId[]
}

/** Returns the groups of both; one that `first` knows is its own. */
export function joinGroups(first: ComparedGroups, second: ComparedGroups): JoinedGroups {
  const of = (groupId: GroupId): ComparedGroups => (first.isKnown(groupId) ? first : second)
  return {
    all: () => [...first.all(), ...second.all().filter((groupId) => !first.isKnown(groupId))],
    isKnown: (groupId) => first.isKnown(groupId) || second.isKnown(groupId),
    of,
    has(groupId, holder) {
      const [inFirst, inSecond] = [first.roll(groupId).has(holder), second.roll(groupId).has(holder)]
      return inFirst === inSecond ? inFirst : of(groupId).roll(groupId).has(holder)
    },
    roll: (groupId) => of(groupId).roll(groupId),
    paperMark: (groupId) => of(groupId).paperMark(groupId),
    paper: (groupId) => of(groupId).paper(groupId),
    claim: (groupId, holder) => of(groupId).claim(groupId, holder),
    take: (peer, groupId, news) => of(groupId).take(peer, groupId, news),
    logMark: (groupId) => of(groupId).logMark?.(groupId),
    log: async (groupId) => (await of(groupId).log?.(groupId)) ?? emptyLog,
    takeLog: async (peer, groupId, entries) => of(groupId).takeLog?.(peer, groupId, entries),
    watch: (listener) => {
      const stops = [first.watch(listener), second.watch(listener)]
      return () => stops.forEach((stop) => stop())
    },
  }
}

/**
 * Returns no groups. They are due once nothing has changed for `quietMs`, and up to twice as long by a lot, so that of two devices that hear
 * the same one asks; or `latestMs` after the first change.
 */
export function createChangedGroups(
  clock: Pick<Clock, 'ran'>,
  random: Random,
  { quietMs, latestMs }: { readonly quietMs: number; readonly latestMs: number },
): ChangedGroups {
  let changed = new Map<string, { readonly groupId: GroupId; readonly at: number; readonly alike: Set<PeerId> }>()
  let [firstAt, lastAt, lot] = [0, 0, 0]
  return {
    note(groupId) {
      lastAt = clock.ran()
      const isFirst = changed.size === 0
      if (isFirst) {
        firstAt = lastAt
        lot = (random.bytes(1)[0] ?? 0) / 256
      }
      changed.set(hex(groupId), { groupId, at: lastAt, alike: new Set() })
      return isFirst ? 'first' : 'further'
    },
    noteAlike(peer, groupId, askedAt) {
      const group = changed.size === 0 ? undefined : changed.get(hex(groupId))
      // What was asked in the moment of a change may have been answered before it.
      if (group !== undefined && group.at < askedAt) group.alike.add(peer)
    },
    dueAt: () => (changed.size === 0 ? Infinity : Math.min(lastAt + (1 + lot) * quietMs, firstAt + latestMs)),
    take() {
      const all = [...changed.values()]
      changed = new Map()
      return (peer) => all.flatMap(({ groupId, alike }) => (alike.has(peer) ? [] : [groupId]))
    },
  }
}
