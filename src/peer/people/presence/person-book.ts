import type { Bytes } from '../../../core/bytes.ts'
import { bytesOf, objectFormat, optional, uint } from '../../../core/encoding.ts'
import { sighted, type Habits } from '../../../core/healing/presence.ts'
import { brandPeerId, type PeerId } from '../../../core/ids.ts'
import { isOfLaterVersion } from '../../../core/labels.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { Clock } from '../../../ports/clock.ts'

/** The facts about a person that survive restarts. */
export interface PersonNote {
  /** When it was first seen, or lied; Unix milliseconds. */
  readonly metAt: number
  /** How often it sent wrong bytes. */
  readonly lies: number
  /** Its comings and goings; absent while it was never seen. */
  readonly habits?: Habits
  /** The last storeEpoch that it told, 16 bytes. */
  readonly storeEpoch?: Bytes
}

/** A person that was there. */
export interface Sighting {
  /** Unix milliseconds, never later than now by the clock for papers. */
  readonly at: number
  /** The storeEpoch that it told, 16 bytes. */
  readonly storeEpoch?: Bytes | undefined
}

/** The notes of this device about the people whom it met. */
export interface PersonBook {
  of(peer: PeerId): PersonNote | undefined
  /** Notes that `peer` was there, and returns all that is noted of it. Sightings of known people are written down once an hour at most. */
  seen(peer: PeerId, sighting: Sighting): PersonNote
  /** Notes that `peer` sent wrong bytes. */
  lied(peer: PeerId): void
  /** Writes down at once what is not written yet. Never throws. */
  write(): Promise<void>
}

/** Notes of 100 bytes each. Thousands of new names push out the people met last, never those who lied. */
const PEOPLE_AT_MOST = 2_000
const LIARS_AT_MOST = 1_000
/** What is new of a person waits this long for the next: many people are met at once after a start. */
const WRITE_AFTER_MS = 2_000
/** Sightings wait this long after a start, so that short visits leave traces, and then this long after each other. */
const [FIRST_SEEN_MS, SEEN_EVERY_MS] = [60_000, 3_600_000]

const noteFormat = objectFormat('person', 96, {
  metAt: uint(),
  lies: uint(0xffff_ffff),
  seenAt: optional(uint()),
  thereMs: optional(uint()),
  awayMs: optional(uint()),
  absences: optional(uint()),
  storeEpoch: optional(bytesOf(16)),
})
type PersonRow = ReturnType<typeof noteFormat.decode>

/**
 * Opens the book over the catalog's table of people; rows that cannot be read are deleted, those of later versions left alone. Writing ends
 * when `signal` aborts.
 * @param clock its `now` is the time by which people are seen: the earlier of this device's clock and the corrected one. Core SPEC PRS3
 * @param beaconMs the policy's beacon period: it tells presence from absence. Core SPEC PRS1
 */
export async function openPersonBook(
  catalog: Catalog,
  clock: Pick<Clock, 'now' | 'ran' | 'wait'>,
  beaconMs: number,
  signal: AbortSignal,
): Promise<PersonBook> {
  const noteByPeer = new Map<PeerId, PersonNote>()
  /** When each person was last seen in this run, by the clock's `ran`. */
  const seenRanByPeer = new Map<PeerId, number>()
  const startedRan = clock.ran()
  const news = new Set<string>()
  const sightings = new Set<string>()
  let isWritingNews = false
  let isWritingSightings = false
  let seenEveryMs = FIRST_SEEN_MS
  for (const { key, value } of await catalog.all('people')) {
    if (isOfLaterVersion(value)) continue
    try {
      noteByPeer.set(brandPeerId(key), noteOf(noteFormat.decode(value)))
    } catch {
      news.add(key)
    }
  }

  const commit = async (changed: Set<string>): Promise<void> => {
    for (const peer of tooMany(noteByPeer)) {
      noteByPeer.delete(peer)
      seenRanByPeer.delete(peer)
      changed.add(peer)
    }
    const changes = [...changed].map((peer): CatalogChange => {
      const note = noteByPeer.get(peer as PeerId)
      return { table: 'people', key: peer, ...(note === undefined ? {} : { value: noteFormat.encode(rowOf(note)) }) }
    })
    changed.clear()
    if (changes.length > 0) await catalog.commit(changes)
  }
  // A full disk shows where a write matters; these notes also count in memory alone.
  const writeAfter = (ms: number, changed: Set<string>): Promise<void> =>
    clock
      .wait(ms, { signal })
      .then(() => commit(changed))
      .catch(() => undefined)
  const putNews = (peer: PeerId, note: PersonNote): void => {
    noteByPeer.set(peer, note)
    news.add(peer)
    if (isWritingNews) return
    isWritingNews = true
    void writeAfter(WRITE_AFTER_MS, news).then(() => (isWritingNews = false))
  }
  const putSighting = (peer: PeerId, note: PersonNote): void => {
    noteByPeer.set(peer, note)
    sightings.add(peer)
    if (isWritingSightings) return
    isWritingSightings = true
    void writeAfter(seenEveryMs, sightings).then(() => (isWritingSightings = false))
    seenEveryMs = SEEN_EVERY_MS
  }

  return {
    of: (peer) => noteByPeer.get(peer),
    seen(peer, { at, storeEpoch }) {
      const note = noteByPeer.get(peer)
      // A sighting from the future was noted while this device's clock was ahead, and nobody corrected it.
      const last = note?.habits && note.habits.lastSeenAt > clock.now() ? setBack(note.habits, at) : note?.habits
      const ran = clock.ran()
      const gap = at - (last?.lastSeenAt ?? at)
      const watchedMs = Math.floor(ran - (seenRanByPeer.get(peer) ?? startedRan))
      const habits = sighted(last, at, beaconMs, Math.max(0, gap - watchedMs))
      if (gap >= 0) seenRanByPeer.set(peer, ran)
      const epoch = storeEpoch ?? note?.storeEpoch
      const now: PersonNote = { metAt: note?.metAt ?? at, lies: note?.lies ?? 0, habits, ...(epoch && { storeEpoch: epoch }) }
      if (note === undefined) putNews(peer, now)
      else putSighting(peer, now)
      return now
    },
    lied(peer) {
      const note = noteByPeer.get(peer) ?? { metAt: clock.now(), lies: 0 }
      putNews(peer, { ...note, lies: note.lies + 1 })
    },
    write: () => commit(new Set([...news, ...sightings])).catch(() => undefined),
  }
}

/** Rows of before there were habits have the time of the last answer alone. */
function noteOf({ metAt, lies, seenAt, thereMs = 0, awayMs = 0, absences = 0, storeEpoch }: PersonRow): PersonNote {
  const habits = seenAt === undefined ? undefined : { firstSeenAt: Math.min(metAt, seenAt), lastSeenAt: seenAt, thereMs, awayMs, absences }
  return { metAt, lies, ...(habits && { habits }), ...(storeEpoch && { storeEpoch }) }
}

function rowOf({ metAt, lies, habits, storeEpoch }: PersonNote): PersonRow {
  const { lastSeenAt, thereMs, awayMs, absences } = habits ?? {}
  return {
    metAt,
    lies,
    ...(lastSeenAt !== undefined && { seenAt: lastSeenAt }),
    ...(thereMs !== undefined && { thereMs }),
    ...(awayMs !== undefined && { awayMs }),
    ...(absences !== undefined && { absences }),
    ...(storeEpoch && { storeEpoch }),
  }
}

function setBack(habits: Habits, at: number): Habits {
  return { ...habits, firstSeenAt: Math.min(habits.firstSeenAt, at), lastSeenAt: at }
}

/** Returns the peers to forget: of the honest ones those met last, and of more than a thousand liars those met first. */
function tooMany(noteByPeer: ReadonlyMap<PeerId, PersonNote>): readonly PeerId[] {
  const all = [...noteByPeer].sort(([, a], [, b]) => b.metAt - a.metAt)
  const liars = all.filter(([, { lies }]) => lies > 0)
  const honest = all.filter(([, { lies }]) => lies === 0)
  const excess = Math.max(0, all.length - PEOPLE_AT_MOST - Math.max(0, liars.length - LIARS_AT_MOST))
  return [...liars.slice(LIARS_AT_MOST), ...honest.slice(0, excess)].map(([peer]) => peer)
}
