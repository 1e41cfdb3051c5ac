import type { Changes } from '../../flow/changes.ts'
import type { Hello } from '../../protocol/hello.ts'
import type { ConductBook } from './evidence/conduct-book.ts'
import type { PaperClock } from './paper-clock.ts'
import type { Person } from './person.ts'
import type { Beacons } from './presence/beacons.ts'
import type { PeerId } from '../../core/ids.ts'

/** Everybody whom this peer knows of, and those who are here now. */
export interface People {
  readonly changes: Changes
  all(): readonly Person[]
  /** Returns the record of `peer`, beginning one when there is none. */
  of(peer: PeerId): Person
  /** Returns the record of `peer`; undefined when there is none: a name that was only heard begins no record. */
  known(peer: PeerId): Person | undefined
  /** The time by which papers are dated and judged. */
  readonly papers: PaperClock
  /** What was found out about people as holders. */
  readonly conduct: ConductBook
  readonly beacons: Pick<Beacons, 'answer' | 'farewell'>
  /** Notes that `peer` sent wrong bytes: nothing is given to it or taken from it any more. */
  noteLie(peer: PeerId): void
  /** Returns the peers that answered hello over a direct connection that is still open, without those that lied. */
  near(): readonly Person[]
  /** Returns those, and the peers whose idle connection ended by agreement not long ago, without those that lied. */
  here(): readonly Person[]
  /** Tells whether `peer` is one of them. */
  isHere(peer: PeerId): boolean
  /** Tells whether `peer` may be dialled with success: it is here, or was within a day and nothing says that it has gone. */
  isReachable(peer: PeerId): boolean
  /** Returns the peers at the other end of a direct connection, greeted or not, without those that lied. */
  connected(): readonly PeerId[]
  /** Returns the peers that have room and are here, or were within a day. */
  withRoom(): readonly Person[]
  /** Returns the peers that lend room, also where none is left for stores, and are here, or were within a day. */
  lending(): readonly Person[]
  /** Returns the number of people here with room. */
  present(): number
  /** Looks for people more often until the returned function is called: somebody waits for them. */
  seek(): () => void
  /** Meets people until as many with room are known as the highest of `steps` that can be reached. Throws `signal.reason`. */
  survey(steps: readonly number[], signal: AbortSignal): Promise<void>
  /** Dials people with room until `count` of them are near, and resolves with the number that are. Throws `signal.reason`. */
  gather(count: number, signal: AbortSignal): Promise<number>
  /** Resolves once the newcomers have settled: nobody new for 5 s, after 30 s at most. */
  settled(signal: AbortSignal): Promise<void>
  /** Tells whether `peer` may still be on its way: this device started less than a minute ago and has not met it since. */
  isAwaited(peer: PeerId): boolean
  /**
   * Returns since when `peer`, whom somebody last spoke of at `spokenOfAt`, counts as lost, both Unix milliseconds; undefined while it does
   * not. Core SPEC PRS3.
   */
  lostSince(peer: PeerId, spokenOfAt: number): number | undefined
  /**
   * Returns until when, by `papers.passed`, `peer` does not come to be lost, whatever is heard of it: who is lost now would have to return
   * first. A time that has passed says nothing. `isLost` tells what `lostSince` has just said.
   */
  notLostUntil(peer: PeerId, isLost: boolean): number
  /** Writes down what is not written yet of the people met and of their conduct. Never throws. */
  write(): Promise<void>
  /** Says hello again to everybody near if this peer's own hello has changed in a way that matters. */
  announce(): void
  /** Looks for people at once: this device woke, or its network came back. */
  wake(): void
  /** Notes that `peer` could not be dialled. */
  noteUnreachable(peer: PeerId): void
  close(): void
}

/** The facts about this peer itself. */
export interface Self {
  /** Its hello, as it is now. */
  readonly hello: () => Hello
  /** How many groups `peer` and this device share. */
  readonly groupsWith: (peer: PeerId) => number
  /** The people with whom this device shares groups, those with whom it shares most first. */
  readonly partners: () => readonly PeerId[]
  /** When the last byte about shards or groups passed between `peer` and this device, on the scale of the clock's `ran`; 0 for never. */
  readonly usedAt: (peer: PeerId) => number
}
