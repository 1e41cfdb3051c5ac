import { objectFormat, optional, uint } from '../../core/encoding.ts'
import { brandPeerId, type PeerId } from '../../core/ids.ts'
import { isOfLaterVersion } from '../../core/labels.ts'
import type { Catalog, CatalogChange } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'

/** The facts about a person that survive restarts. */
export interface PersonNote {
  /** When it first answered, Unix milliseconds. */
  readonly metAt: number
  /** How often it sent wrong bytes. */
  readonly lies: number
  /** When it answered last, to within half an hour; Unix milliseconds. */
  readonly seenAt?: number
}

/** The notes of this device about the people whom it met. */
export interface PersonBook {
  of(peer: PeerId): PersonNote | undefined
  /** Notes that `peer` answered; written down every half hour at most. */
  met(peer: PeerId): void
  /** Notes that `peer` sent wrong bytes. */
  lied(peer: PeerId): void
}

/** Notes of 60 bytes each. Thousands of new names push out the people met last, never those who lied. */
const PEOPLE_AT_MOST = 2_000
const LIARS_AT_MOST = 1_000
/** Writes wait for each other this long: many people are met at once after a start. */
const WRITE_AFTER_MS = 2_000
/** Precise enough to tell who was here within a day, and seldom enough not to write forty people down every minute. */
const SEEN_EVERY_MS = 1_800_000

const noteFormat = objectFormat('person', 32, { metAt: uint(), lies: uint(0xffff_ffff), seenAt: optional(uint()) })

/** Opens the book over the catalog's table of people; rows that cannot be read are deleted, those of later versions left alone. Writing ends when `signal` aborts. */
export async function openPersonBook(catalog: Catalog, clock: Clock, signal: AbortSignal): Promise<PersonBook> {
  const noteByPeer = new Map<PeerId, PersonNote>()
  const changed = new Set<string>()
  let isWriting = false
  for (const { key, value } of await catalog.all('people')) {
    if (isOfLaterVersion(value)) continue
    try {
      noteByPeer.set(brandPeerId(key), noteFormat.decode(value))
    } catch {
      changed.add(key)
    }
  }

  const write = async (): Promise<void> => {
    await clock.wait(WRITE_AFTER_MS, { signal })
    isWriting = false
    for (const peer of tooMany(noteByPeer)) {
      noteByPeer.delete(peer)
      changed.add(peer)
    }
    const changes = [...changed].map((peer): CatalogChange => {
      const note = noteByPeer.get(peer as PeerId)
      return { table: 'people', key: peer, ...(note === undefined ? {} : { value: noteFormat.encode(note) }) }
    })
    changed.clear()
    await catalog.commit(changes)
  }
  const put = (peer: PeerId, note: PersonNote): void => {
    noteByPeer.set(peer, note)
    changed.add(peer)
    if (isWriting) return
    isWriting = true
    // A full disk shows where a write matters; these notes also count in memory alone.
    write().catch(() => undefined)
  }

  return {
    of: (peer) => noteByPeer.get(peer),
    met(peer) {
      const now = clock.now()
      const note = noteByPeer.get(peer)
      if (now - (note?.seenAt ?? 0) >= SEEN_EVERY_MS) put(peer, { metAt: now, lies: 0, ...note, seenAt: now })
    },
    lied(peer) {
      const note = noteByPeer.get(peer) ?? { metAt: clock.now(), lies: 0 }
      put(peer, { ...note, lies: note.lies + 1 })
    },
  }
}

/** Returns the peers to forget: of the honest ones those met last, and of more than a thousand liars those met first. */
function tooMany(noteByPeer: ReadonlyMap<PeerId, PersonNote>): readonly PeerId[] {
  const all = [...noteByPeer].sort(([, a], [, b]) => b.metAt - a.metAt)
  const liars = all.filter(([, { lies }]) => lies > 0)
  const honest = all.filter(([, { lies }]) => lies === 0)
  const excess = Math.max(0, all.length - PEOPLE_AT_MOST - Math.max(0, liars.length - LIARS_AT_MOST))
  return [...liars.slice(LIARS_AT_MOST), ...honest.slice(0, excess)].map(([peer]) => peer)
}
