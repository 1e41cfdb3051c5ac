import { personName } from '../../core/names.ts'
import type { Hello } from '../../protocol/hello.ts'
import { askHello, handleHello } from '../../protocol/hello.ts'
import { askForPeers, handlePeers } from '../../protocol/peers.ts'
import type { Connection } from '../../ports/network.ts'
import { type Changes, createChanges } from '../../flow/changes.ts'
import { createPaperClock, type PaperClock } from './paper-clock.ts'
import type { PersonBook, PersonNote } from './person-book.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { PeerId } from '../../core/ids.ts'

/** Everything that this peer has seen of another one. Times in Unix milliseconds, sizes in bytes. */
export interface Person {
  readonly peer: PeerId
  /** The name shown to people; a digest gives it, so it is computed once. */
  readonly name: string
  /** Its last hello about itself; only a hint. */
  hello: Hello | undefined
  latencyMs: number | undefined
  /** How far its clock was ahead of this one at its last hello, milliseconds. */
  clockOffsetMs: number
  /** When it last answered since the start; 0 while it has not. */
  seenAt: number
  /** When it last answered before the start, to within half an hour; 0 where nothing is remembered. */
  readonly seenBefore: number
  /** Whether it answered over the connection that is open now. */
  isHere: boolean
  address: string
  hops: readonly PeerId[]
  /** When it first answered, in this run or an earlier one; undefined while it never did. */
  metAt: number | undefined
  /** How often it ever sent wrong bytes; nothing else excludes it for good. */
  lies: number
  /** Errors and silences in a row; a success clears them, and time lowers them. */
  failures: number
}

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
  /** Notes that `peer` sent wrong bytes: nothing is given to it or taken from it any more. */
  noteLie(peer: PeerId): void
  /** Returns the peers that answered hello over a direct connection that is still open, without those that lied. */
  greeted(): readonly Person[]
  /** Tells whether `peer` is one of them. */
  isHere(peer: PeerId): boolean
  /** Returns the peers at the other end of a direct connection, greeted or not, without those that lied. */
  connected(): readonly PeerId[]
  /** Returns the peers that have room and are greeted, or answered within a day. */
  withRoom(): readonly Person[]
  /** Returns the number of greeted people with room. */
  present(): number
  /** Resolves once the newcomers have settled: nobody new for 5 s, after 30 s at most. */
  settled(signal: AbortSignal): Promise<void>
  /** Tells whether `peer` may still be on its way: this device started less than a minute ago and has not met it since. */
  isAwaited(peer: PeerId): boolean
  /** Says hello again to everybody greeted, because this peer's own hello has changed. */
  announce(): void
  close(): void
}

const BUDGET = 48
const GREET_MS = 60_000
const GREET_AT_ONCE = 8
const SETTLE_MS = 5_000
const SETTLE_AT_MOST_MS = 30_000
/** Time after its start for which a device awaits the people that it knew. */
export const RETURN_MS = 60_000
const DAY_MS = 86_400_000
const KNOWN_AT_MOST = 2_000

/** Greets every peer that connects, looks for more people through relays and neighbours, and keeps their records. */
export function createPeople(parts: PeerParts, book: PersonBook, mine: () => Hello): People {
  const { network, clock } = parts
  const changes = createChanges()
  const stop = new AbortController()
  const byPeer = new Map<PeerId, Person>()
  const greeting = new Set<PeerId>()
  const introduced = createChanges()
  let relaysBefore: ReadonlySet<PeerId> = new Set()
  let directBefore: ReadonlySet<PeerId> = new Set()
  const startedAt = clock.now()
  let newestAt = startedAt

  const of = (peer: PeerId): Person => {
    const known = byPeer.get(peer)
    if (known !== undefined) return known
    const person = blankPerson(peer, book.of(peer))
    byPeer.set(peer, person)
    if (byPeer.size > KNOWN_AT_MOST) forgetOldest(byPeer)
    return person
  }
  const directTo = (): Map<PeerId, Connection> =>
    new Map(
      network
        .state()
        .connections.flatMap((connection) => (connection.isDirect && !connection.isRelay ? [[connection.peer, connection]] : [])),
    )
  const introducers = (): readonly PeerId[] =>
    network
      .state()
      .connections.filter(({ isRelay, isDirect }) => isRelay && isDirect)
      .map(({ peer }) => peer)
  const met = (peer: PeerId, hello: Hello): void => {
    const person = of(peer)
    if (person.hello === undefined) newestAt = clock.now()
    person.hello = hello
    person.clockOffsetMs = hello.clock - clock.now()
    person.isHere = true
    person.seenAt = clock.now()
    person.failures = 0
    book.met(peer)
    person.metAt ??= clock.now()
    person.address = directTo().get(peer)?.address ?? person.address
    changes.tell()
  }

  const greet = async (peer: PeerId): Promise<void> => {
    if (greeting.has(peer) || peer === network.self) return
    greeting.add(peer)
    try {
      const { hello, latencyMs } = await askHello(network, clock, peer, mine(), { signal: stop.signal, hops: of(peer).hops })
      of(peer).latencyMs = latencyMs
      met(peer, hello)
    } catch {
      const person = of(peer)
      person.failures++
      if (!directTo().has(peer) || person.failures > 1) person.isHere = false
    } finally {
      greeting.delete(peer)
    }
  }

  const onNetwork = (): void => {
    const direct = directTo()
    for (const person of byPeer.values()) if (person.isHere && !direct.has(person.peer)) person.isHere = false
    const relays = new Set(introducers())
    if ([...relays].some((relay) => !relaysBefore.has(relay))) introduced.tell()
    relaysBefore = relays
    for (const peer of direct.keys()) {
      // A peer that has just connected can be reached, even if it failed before.
      if (!directBefore.has(peer)) of(peer).failures = 0
      if (!of(peer).isHere && of(peer).failures < 3) void greet(peer)
    }
    directBefore = new Set(direct.keys())
    changes.tell()
  }
  const stopWatching = network.watch(onNetwork)

  handleHello(network, clock, { mine, onHello: met, onGoodbye: (peer) => leave(of(peer), changes) })
  handlePeers(network, clock, {
    known: () => [...byPeer.values()].filter(({ isHere }) => isHere).map(({ peer, hops }) => ({ peer, hops })),
  })

  const look = async (): Promise<void> => {
    const neighbours = greeted()
      .slice(0, 3)
      .map(({ peer }) => peer)
    await mapLimited([...introducers(), ...neighbours], 4, async (introducer) => {
      try {
        for (const { peer, hops } of await askForPeers(network, clock, introducer, 32, { signal: stop.signal })) {
          if (peer !== network.self) of(peer).hops = hops.length > 0 ? hops : [introducer]
        }
      } catch {
        // An introducer that does not answer is no loss: there are others, and the next look asks it again.
      }
    })
    const direct = directTo()
    const strangers = [...byPeer.values()].filter(({ peer, isHere, failures }) => !isHere && !direct.has(peer) && failures < 4)
    strangers.sort((a, b) => a.failures - b.failures || b.seenAt - a.seenAt)
    await mapLimited(strangers.slice(0, Math.max(0, BUDGET - direct.size)), GREET_AT_ONCE, ({ peer }) => greet(peer))
  }

  const greeted = (): readonly Person[] => [...byPeer.values()].filter(({ isHere, lies }) => isHere && lies === 0)

  const withRoom = (): readonly Person[] => {
    const since = clock.now() - DAY_MS
    return [...byPeer.values()].filter(({ hello, seenAt, lies }) => lies === 0 && seenAt > since && hello !== undefined && hello.room > 0)
  }

  /** Resolves after `ms`, or as soon as a new relay is reached, since that one knows people. */
  const rest = (ms: number): Promise<boolean> => introduced.nextWithin(clock, ms, stop.signal)

  const meetForEver = async (): Promise<void> => {
    for (let round = 0; !stop.signal.aborted; round++) {
      await look()
      for (const person of byPeer.values()) {
        if (person.isHere && clock.now() - person.seenAt > GREET_MS) void greet(person.peer)
        if (person.failures > 0 && round % 10 === 9) person.failures--
      }
      await rest(round < 10 ? 2_000 : 15_000)
    }
  }
  meetForEver().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })

  return {
    changes,
    papers: createPaperClock(clock, () => greeted().map(({ peer, clockOffsetMs }) => ({ peer, offsetMs: clockOffsetMs }))),
    all: () => [...byPeer.values()],
    of,
    known: (peer) => byPeer.get(peer),
    noteLie(peer) {
      of(peer).lies++
      book.lied(peer)
      changes.tell()
    },
    greeted,
    isHere: (peer) => byPeer.get(peer)?.isHere === true && of(peer).lies === 0,
    connected: () => [...directTo().keys()].filter((peer) => of(peer).lies === 0),
    withRoom,
    present: () => withRoom().filter(({ isHere }) => isHere).length,
    async settled(signal) {
      const until = clock.now() + SETTLE_AT_MOST_MS
      for (;;) {
        const left = Math.min(newestAt + SETTLE_MS, until) - clock.now()
        if (left <= 0) return
        await clock.wait(left, { signal })
      }
    },
    isAwaited: (peer) => clock.now() - startedAt < RETURN_MS && byPeer.get(peer)?.hello === undefined,
    announce() {
      for (const { peer } of greeted()) void greet(peer)
    },
    close() {
      stop.abort(new Error('the peer is closed'))
      stopWatching()
    },
  }
}

function blankPerson(peer: PeerId, note: PersonNote | undefined): Person {
  return {
    peer,
    name: personName(peer),
    hello: undefined,
    latencyMs: undefined,
    clockOffsetMs: 0,
    seenAt: 0,
    seenBefore: note?.seenAt ?? 0,
    isHere: false,
    address: '',
    hops: [],
    metAt: note?.metAt,
    lies: note?.lies ?? 0,
    failures: 0,
  }
}

function leave(person: Person, changes: Changes): void {
  person.isHere = false
  changes.tell()
}

/** Forgets the absent person seen longest ago, never seen ones first: thousands of introduced names only push each other out. */
function forgetOldest(byPeer: Map<PeerId, Person>): void {
  let oldest: Person | undefined
  for (const person of byPeer.values()) if (!person.isHere && (oldest === undefined || person.seenAt < oldest.seenAt)) oldest = person
  if (oldest !== undefined) byPeer.delete(oldest.peer)
}
