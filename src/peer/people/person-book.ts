import { objectFormat, optional, uint } from '../../core/encoding.ts'
import { brandPeerId, type PeerId } from '../../core/ids.ts'
import type { Catalog, CatalogChange } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'

/** What is remembered of a person over restarts. */
export interface PersonNote {
  /** When it first answered, Unix milliseconds. */
  readonly metAt: number
  /** Wrong bytes that it sent. */
  readonly lies: number
  /** When it answered last, to within some minutes; Unix milliseconds. */
  readonly seenAt?: number
}

/** What this device remembers of the people it met. */
export interface PersonBook {
  of(peer: PeerId): PersonNote | undefined
  /** Notes that `peer` answered; once in a while it is written down. */
  met(peer: PeerId): void
  /** Notes that `peer` sent wrong bytes. */
  lied(peer: PeerId): void
}

/** 60 bytes each. Whoever brings thousands of names pushes out those that were met least long, never who lied. */
const PEOPLE_AT_MOST = 2_000
const LIARS_AT_MOST = 1_000
/** Writes wait for each other this long: many people are met at once after a start. */
const WRITE_AFTER_MS = 2_000
/** Half an hour is nothing to who asks whether somebody was here within a day, and forty people are not written down every minute. */
const SEEN_EVERY_MS = 1_800_000

const noteFormat = objectFormat('person', 32, { metAt: uint(), lies: uint(0xffff_ffff), seenAt: optional(uint()) })

/** Opens the book over the catalog's table of people; what cannot be read is forgotten. Writing ends when `signal` aborts. */
export async function openPersonBook(catalog: Catalog, clock: Clock, signal: AbortSignal): Promise<PersonBook> {
  const noteByPeer = new Map<PeerId, PersonNote>()
  const changed = new Set<string>()
  let isWriting = false
  for (const { key, value } of await catalog.all('people')) {
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
    // A disk that takes nothing now is told of by whoever needs it; what was seen counts in memory.
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

/** Returns whom to forget: the honest ones met last first, and of those that lied the ones met first. */
function tooMany(noteByPeer: ReadonlyMap<PeerId, PersonNote>): readonly PeerId[] {
  const all = [...noteByPeer].sort(([, a], [, b]) => b.metAt - a.metAt)
  const liars = all.filter(([, { lies }]) => lies > 0)
  const honest = all.filter(([, { lies }]) => lies === 0)
  const excess = Math.max(0, all.length - PEOPLE_AT_MOST - Math.max(0, liars.length - LIARS_AT_MOST))
  return [...liars.slice(LIARS_AT_MOST), ...honest.slice(0, excess)].map(([peer]) => peer)
}
