import type { EntryId } from './entry-id.ts'
import { kindOf, namedPlaces, type VaultEntry } from './entry.ts'
import { covers, nothingSeen, type Frontier } from './frontier.ts'

/** Which contents are named by a file, a version, the trash or a link, kept up to date change by change. SPEC VLT24. */
export interface ContentNames {
  /**
   * Takes in what is known of an entry now.
   * @param before what was known of it at the last call, undefined at the first
   * @param frontier all that this device has by now, the changes that made the difference among it
   */
  update(before: VaultEntry | undefined, entry: VaultEntry, frontier: Frontier): void
  /** Returns how many entries name a content. */
  namesOf(content: EntryId): number
  /** Contents that nothing names and that were not ended, each with all that this device had when the last name went. */
  readonly unnamed: ReadonlyMap<EntryId, Frontier>
}

/** What is known of a device of the vault. */
export interface DeviceNews {
  /** When this device took the newest entry of that one, or began to watch the vault when it has taken none; Unix milliseconds. */
  readonly takenAt: number
  /** All that the entries taken of it show that it has: `knowledgeOf`. */
  readonly knows: Frontier
  readonly isRemoved: boolean
}

/** A device that published within this time is waited for: 60 days. SPEC VLT24. */
export const AWAITED_MS = 60 * 86_400_000
/** What was ended, or deleted for good, is remembered for this long: 470 days, as tombstones are. SPEC VLT25. */
export const REMEMBERED_MS = 470 * 86_400_000

/** Returns the names in `entries`, all of which `frontier` has. */
export function createContentNames(entries: Iterable<VaultEntry> = [], frontier: Frontier = nothingSeen): ContentNames {
  const names = new Map<EntryId, number>()
  const contents = new Set<EntryId>()
  const unnamed = new Map<EntryId, Frontier>()
  const count = (entry: VaultEntry | undefined, by: number): ReadonlySet<EntryId> => {
    const named = new Set(entry === undefined ? [] : namedPlaces(entry).map(({ content }) => content))
    for (const content of named) {
      const left = (names.get(content) ?? 0) + by
      if (left === 0) names.delete(content)
      else names.set(content, left)
    }
    return named
  }
  const judge = (content: EntryId, now: Frontier): void => {
    if (names.has(content) || !contents.has(content)) unnamed.delete(content)
    else if (!unnamed.has(content)) unnamed.set(content, now)
  }
  const update = (before: VaultEntry | undefined, entry: VaultEntry, now: Frontier): void => {
    if (kindOf(entry) === 'content' && entry.ended === undefined) contents.add(entry.id)
    else contents.delete(entry.id)
    for (const content of [...count(entry, 1), ...count(before, -1), entry.id]) judge(content, now)
  }
  for (const entry of entries) {
    if (kindOf(entry) === 'content' && entry.ended === undefined) contents.add(entry.id)
    count(entry, 1)
  }
  for (const content of contents) judge(content, frontier)
  return { update, namesOf: (content) => names.get(content) ?? 0, unnamed }
}

/**
 * Returns those of `unnamed` that may be ended at `now`, Unix milliseconds: every device that is waited for is known to have what this one
 * had when the last name went, so none of them names the content, or can name it again.
 * @param devices all but this one
 * Source: SPEC.md VLT24.
 */
export function contentsToEnd(unnamed: ContentNames['unnamed'], devices: readonly DeviceNews[], now: number): readonly EntryId[] {
  const awaited = devices.filter((device) => isAwaited(device, now))
  return [...unnamed].filter(([, frontier]) => awaited.every(({ knows }) => covers(knows, frontier))).map(([content]) => content)
}

/** Tells whether a device is waited for at `now`, Unix milliseconds. SPEC VLT24. */
export function isAwaited({ isRemoved, takenAt }: Pick<DeviceNews, 'isRemoved' | 'takenAt'>, now: number): boolean {
  return !isRemoved && now - takenAt <= AWAITED_MS
}

/** Tells whether a new layer leaves `entry` out: it was ended, or deleted for good, so long ago that nobody brings it back. SPEC VLT25. */
export function isForgotten({ ended, deletedAt }: VaultEntry, now: number): boolean {
  const endedAt = ended?.stamp.ms ?? (deletedAt?.value === 0 ? deletedAt.stamp.ms : undefined)
  return endedAt !== undefined && now - endedAt > REMEMBERED_MS
}
