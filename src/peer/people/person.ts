import { RIGHT_ENOUGH_MS } from '../../core/clock-agreement.ts'
import type { Bytes } from '../../core/bytes.ts'
import { uptimeOf, type Habits } from '../../core/healing/presence.ts'
import { personName } from '../../core/names.ts'
import type { Hello } from '../../protocol/hello.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PersonNote } from './presence/person-book.ts'

/** Everything that this peer has seen of another one. Times in Unix milliseconds, sizes in bytes. */
export interface Person {
  readonly peer: PeerId
  /** The name shown to people; a digest gives it, so it is computed once, when somebody first looks at it. */
  readonly name: string
  /** Its last hello about itself; only a hint. */
  hello: Hello | undefined
  latencyMs: number | undefined
  /** How far its clock was ahead of this one at its last hello, milliseconds. */
  clockOffsetMs: number
  /** How far the date here was ahead of the running time then, milliseconds. */
  clockLeadMs?: number
  /** When it was last known to be there since the start; 0 while it never was. */
  seenAt: number
  /** When it was last known to be there before the start, to within an hour; 0 where nothing is remembered. */
  readonly seenBefore: number
  /** Its comings and goings over all runs; undefined while it was never seen. */
  habits?: Habits | undefined
  /** The last storeEpoch that it told, 16 bytes. */
  storeEpoch?: Bytes | undefined
  /** Whether it answered hello over the connection that is open now. */
  isNear: boolean
  /** Until when it counts as here without a connection, since that one ended by agreement. SPEC HEL4. */
  restsUntil: number
  /** Whether it is near or rests. */
  readonly isHere: boolean
  address: string
  hops: readonly PeerId[]
  /** When it was first seen, in this run or an earlier one; undefined while it never was. */
  metAt: number | undefined
  /** Between these times, by the clock for papers, it counts as lost under no circumstances: that is asked about everybody again and again. */
  notLost: { readonly from: number; readonly until: number }
  /** How often it ever sent wrong bytes; nothing else excludes it for good. */
  lies: number
  /** Errors and silences in a row, and connections that ended without a word; an answer clears them. */
  failures: number
  /** When the last of them was noted. */
  failedAt: number
}

/**
 * Returns a person of whom nothing is known but `note`; `now` returns Unix milliseconds. `onMove` is called after each change of `isNear` and
 * `lies`.
 */
export function blankPerson(peer: PeerId, note: PersonNote | undefined, now: () => number, onMove: () => void = () => undefined): Person {
  return new KnownPerson(peer, note, now, onMove)
}

/** A class, since all its objects have one form: with functions of its own for each person, every look at one takes many times as long. */
class KnownPerson implements Person {
  readonly peer: PeerId
  readonly seenBefore: number
  hello: Hello | undefined
  latencyMs: number | undefined
  clockOffsetMs = 0
  clockLeadMs = 0
  seenAt = 0
  habits: Habits | undefined
  storeEpoch: Bytes | undefined
  restsUntil = 0
  address = ''
  hops: readonly PeerId[] = []
  metAt: number | undefined
  notLost = { from: 0, until: 0 }
  failures = 0
  failedAt = 0
  readonly #now: () => number
  readonly #onMove: () => void
  #name: string | undefined
  #isNear = false
  #lies: number

  constructor(peer: PeerId, note: PersonNote | undefined, now: () => number, onMove: () => void) {
    this.peer = peer
    this.seenBefore = note?.habits?.lastSeenAt ?? 0
    this.habits = note?.habits
    this.storeEpoch = note?.storeEpoch
    this.metAt = note?.metAt
    this.#lies = note?.lies ?? 0
    this.#now = now
    this.#onMove = onMove
  }

  get name() {
    return (this.#name ??= personName(this.peer))
  }

  get isNear() {
    return this.#isNear
  }

  set isNear(isNear) {
    if (isNear === this.#isNear) return
    this.#isNear = isNear
    this.#onMove()
  }

  get isHere() {
    return this.#isNear || (this.restsUntil > 0 && this.#now() < this.restsUntil)
  }

  get lies() {
    return this.#lies
  }

  set lies(lies) {
    this.#lies = lies
    this.#onMove()
  }
}

/** Returns those of `people` of whom `isOne` tells; asked at every turn, so no list of all is made. */
export function peopleWho(people: Iterable<Person>, isOne: (person: Person) => boolean): readonly Person[] {
  const found: Person[] = []
  for (const person of people) if (isOne(person)) found.push(person)
  return found
}

/** Returns the uptime of each of `people` at `now`, Unix milliseconds. Core SPEC PRS4. */
export function uptimesOf(people: readonly Person[], now: number, beaconMs: number): readonly number[] {
  return people.map(({ habits }) => uptimeOf(habits, now, beaconMs))
}

/** Forgets the absent person seen longest ago, never seen ones first: thousands of introduced names only push each other out. */
export function forgetOldest(byPeer: Map<PeerId, Person>): void {
  let oldest: Person | undefined
  for (const person of byPeer.values()) if (!person.isHere && (oldest === undefined || person.seenAt < oldest.seenAt)) oldest = person
  if (oldest !== undefined) byPeer.delete(oldest.peer)
}

/** Longest time for which a person that failed is not dialled again. */
const LONGEST_REST_MS = 3_600_000
const FIRST_REST_MS = 2_000

/** Tells whether it is worth dialling `person` at `now`: the more often it failed, the longer it is left alone. */
export function isWorthATry({ failures, failedAt }: Person, now: number): boolean {
  return failures === 0 || now - failedAt >= Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failures)
}

/** Notes that `person` was there until now and is no more. */
export function noteGone(person: Person, now: number): void {
  if (person.isNear) person.seenAt = now
  person.isNear = false
  person.restsUntil = 0
  person.failures++
  person.failedAt = now
}

/** Returns what its last hello said of the clock of a person. */
export function clockOf({ peer, clockOffsetMs: offsetMs, clockLeadMs: leadMs = 0 }: Person) {
  return { peer, offsetMs, leadMs }
}

/** Tells whether the clock of anybody is further off than a right one is. */
export function isAnyClockOff(people: Iterable<Person>): boolean {
  for (const { clockOffsetMs } of people) if (Math.abs(clockOffsetMs) > RIGHT_ENOUGH_MS) return true
  return false
}
