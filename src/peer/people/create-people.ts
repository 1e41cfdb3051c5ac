import type { Hello } from '../../protocol/hello.ts'
import { handleHello } from '../../protocol/hello.ts'
import { askForPeers, handlePeers } from '../../protocol/peers.ts'
import { exchangeBeacons } from '../../protocol/sync.ts'
import { drawSome } from '../../core/draw-some.ts'
import { createChanges } from '../../flow/changes.ts'
import { createPaperClock } from './paper-clock.ts'
import type { People, Self } from './people.ts'
import { BUDGET, createMeeting, GREET_AT_ONCE } from './meet-people.ts'
import type { ConductBook } from './evidence/conduct-book.ts'
import type { PersonBook } from './presence/person-book.ts'
import { createBeacons } from './presence/beacons.ts'
import { createPresence, HERE_PERIODS } from './presence/presence.ts'
import { blankPerson, clockOf, forgetOldest, isAnyClockOff, isWorthATry, noteGone, peopleWho, type Person } from './person.ts'
import { createDirectLines, relaysOf } from './direct-lines.ts'
import { createGreeting, FIRST_WORD_MS, GREETINGS } from './greeting.ts'
import { createIdleLines, nearestFirst } from './idle-lines.ts'
import { createLookAround, type Reach } from './look-around.ts'
import { createOwnHello } from './own-hello.ts'
import { createRests } from './rests.ts'
import { createOnlineCheck } from './watch-dials.ts'
import { CHECK_WAIT_MS } from '../../protocol/limits.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { PeerId } from '../../core/ids.ts'

/** A used connection over which no shard passed for longer than any store or read waits makes room for another while people are met. */
const UNUSED_MS = CHECK_WAIT_MS
/** People that one introducer is asked for, and most that are remembered. */
const [WANTED, KNOWN_AT_MOST] = [32, 2_000]
const [SETTLE_MS, SETTLE_AT_MOST_MS] = [5_000, 30_000]
/** Time after its start for which a device awaits the people that it knew. */
export const RETURN_MS = 60_000
/** Period in which this device looks at its clock and its own hello; of so many looks one is for screens, at how long ago people were seen. */
const [LOOK_EVERY_MS, LOOKS_OF_SCREENS] = [60_000, 30]

/** Greets every peer that connects, looks for more people through relays and neighbours, and keeps their records. */
export function createPeople(parts: PeerParts, book: PersonBook, conduct: ConductBook, self: Self): People {
  const { network, clock, random, policy } = parts
  const changes = createChanges()
  const stop = new AbortController()
  const { signal } = stop
  const lines = createDirectLines(network)
  const byPeer = new Map<PeerId, Person>()
  /** When each direct connection began, on the scale of `ran`. */
  const openedAt = new Map<PeerId, number>()
  /** Whether the clock of anybody is off, and who is near; undefined once that may have changed. Both are asked for with every message. */
  let [isAnyOff, nearNow]: [boolean | undefined, readonly Person[] | undefined] = [undefined, undefined]
  const startedAt = clock.now()
  let [relaysBefore, newestAt]: [ReadonlySet<PeerId>, number] = [new Set(), startedAt]
  const { beaconMs, neighbours } = policy.presence

  const of = (peer: PeerId): Person => {
    const known = byPeer.get(peer)
    if (known !== undefined) return known
    const person = blankPerson(peer, book.of(peer), clock.now, () => (nearNow = undefined))
    byPeer.set(peer, person)
    if (byPeer.size > KNOWN_AT_MOST) {
      forgetOldest(byPeer)
      isAnyOff = undefined
    }
    return person
  }
  const draw = (): number => random.bytes(2).reduce((sum, byte) => 256 * sum + byte, 0) / 65_536
  const met = (peer: PeerId, hello: Hello): void => {
    const person = of(peer)
    if (person.hello === undefined) newestAt = clock.now()
    person.hello = hello
    person.clockOffsetMs = hello.clock - clock.now()
    isAnyOff = undefined
    person.clockLeadMs = clock.now() - clock.ran()
    // Its connection may have ended while the answer was on its way.
    person.isNear = lines().has(peer)
    if (person.isNear) person.restsUntil = 0
    person.failures = 0
    presence.noteSeen(person, { storeEpoch: hello.storeEpoch })
    person.address = lines().get(peer)?.address ?? person.address
    changes.tell()
  }

  const greet = createGreeting(parts, { of, mine: self.hello, met, again: () => onNetwork(), onGone: changes.tell }, signal)

  const onNetwork = (): void => {
    const direct = lines()
    for (const peer of [...openedAt.keys()]) {
      if (direct.has(peer)) continue
      openedAt.delete(peer)
      const person = byPeer.get(peer)
      if (person === undefined || !person.isNear) continue
      // Who rests has said so; who has not said a word may be gone.
      if (clock.now() < person.restsUntil) person.isNear = false
      else {
        noteGone(person, clock.now())
        if (direct.size < neighbours) around.hurry()
      }
    }
    const relays = new Set(relaysOf(network))
    if ([...relays].some((relay) => !relaysBefore.has(relay))) forgive()
    relaysBefore = relays
    for (const [peer, { isInbound = false }] of direct) {
      const person = of(peer)
      if (!openedAt.has(peer)) {
        openedAt.set(peer, clock.ran())
        // A peer that has just connected can be reached, even if it failed before.
        person.failures = 0
        if (isInbound) clock.wait(FIRST_WORD_MS, { signal }).then(onNetwork, () => undefined)
      }
      const isLeft = isInbound && clock.ran() - (openedAt.get(peer) ?? 0) < FIRST_WORD_MS
      if (!person.isNear && !isLeft && person.failures < GREETINGS) void greet(peer)
    }
    idle.look()
    beacons.look()
    changes.tell()
  }
  /** What failed may have failed here: everybody may be dialled again, and people are looked for at once. */
  const forgive = (): void => {
    for (const person of byPeer.values()) person.failedAt = 0
    around.hurry()
  }

  const near = (): readonly Person[] => (nearNow ??= peopleWho(byPeer.values(), ({ isNear, lies }) => isNear && lies === 0))
  const here = (): readonly Person[] => peopleWho(byPeer.values(), ({ isHere, lies }) => lies === 0 && isHere)
  const lately = (): readonly Person[] => peopleWho(byPeer.values(), (person) => person.lies === 0 && presence.isLately(person))
  const lending = (): readonly Person[] => lately().filter(({ hello }) => hello?.isHolder === true && hello.offer > 0)
  const withRoom = (): readonly Person[] => lately().filter(({ hello }) => (hello?.room ?? 0) > 0)

  const papers = createPaperClock(
    clock,
    () => here().map(clockOf),
    () => (isAnyOff ??= isAnyClockOff(byPeer.values())),
  )
  const isAwaited = (peer: PeerId): boolean => clock.now() - startedAt < RETURN_MS && byPeer.get(peer)?.hello === undefined
  const presence = createPresence({ clock, policy, book, conduct, papers, near, known: (peer) => byPeer.get(peer), isAwaited })

  /** Asks some introducers, each of which answers with another sample of the people there, and returns how many names were new. */
  const ask = async (): Promise<number> => {
    const before = byPeer.size
    const asked = [...relaysOf(network), ...drawSome(near(), 3, draw).map(({ peer }) => peer)]
    await mapLimited(asked, 4, async (introducer) => {
      try {
        for (const { peer, hops } of await askForPeers(network, clock, introducer, WANTED, { signal })) {
          if (peer !== network.self) of(peer).hops = hops.length > 0 ? hops : [introducer]
        }
      } catch {
        // An introducer that does not answer is no loss: there are others, and the next look asks it again.
      }
    })
    return byPeer.size - before
  }
  const look = async (reach: Reach): Promise<number> => {
    await ask()
    const [direct, now] = [lines(), clock.now()]
    const strangers = [...byPeer.values()].filter((person) => !person.isNear && !direct.has(person.peer) && isWorthATry(person, now))
    const peers = strangers.map(({ peer }) => peer)
    const order = nearestFirst(network.self, peers, self.groupsWith)
    const wanted = (reach === 'wide' ? BUDGET : neighbours) - direct.size
    await mapLimited(order.toSorted((a, b) => of(a).failures - of(b).failures).slice(0, Math.max(0, wanted)), GREET_AT_ONCE, greet)
    return peers.filter((peer) => of(peer).isNear).length
  }
  const isOnline = createOnlineCheck(parts, () => [...relaysOf(network), ...drawSome(near(), 3, draw).map(({ peer }) => peer)], signal)
  const rests = createRests(parts, { of, hereMs: HERE_PERIODS * beaconMs, usedAt: self.usedAt, onOver: changes.tell }, signal)
  const meeting = createMeeting({
    clock,
    all: () => byPeer.values(),
    withRoom,
    ask,
    greet,
    closing: signal,
    async makeRoom(most) {
      if (lines().size < most) return
      const unused = idle.beyond().find((peer) => of(peer).isNear && !rests.isEnding(peer) && !isUsed(peer))
      if (unused !== undefined) await rests.rest(unused)
    },
  })
  const around = createLookAround(clock, () => lines().size < neighbours, look)
  const idle = createIdleLines({
    self: network.self,
    neighbours,
    clock,
    lines: () => [...lines().keys()],
    hops: () => [...network.state().hops, ...(network.state().guests ?? [])],
    groupsWith: self.groupsWith,
    partners: () => self.partners().filter(presence.isReachable),
    dial: greet,
    draw,
    usedAt: (peer) => Math.max(self.usedAt(peer), openedAt.get(peer) ?? 0),
    rest: rests.rest,
  })
  const isUsed = (peer: PeerId): boolean => self.usedAt(peer) > 0 && clock.ran() - self.usedAt(peer) < UNUSED_MS
  const own = createOwnHello(clock, self.hello, () => near().forEach(({ peer }) => void greet(peer)), signal)

  const beacons = createBeacons({
    ...parts,
    papers,
    beaconMs: policy.presence.beaconMs,
    storeEpoch: () => self.hello().storeEpoch,
    hops: () => network.state().hops,
    lines() {
      const beyond = new Set(idle.beyond())
      return near().flatMap(({ peer }) => (beyond.has(peer) ? [] : [peer]))
    },
    isNear: (peer) => byPeer.get(peer)?.isNear === true,
    wanted: self.partners,
    exchange: (peer, said) => exchangeBeacons(network, clock, peer, said, { signal }),
    onTaken(beacon, at) {
      presence.noteBeacon(of(beacon.peer), beacon, at)
      changes.tell()
    },
  })

  handleHello(network, clock, {
    mine: self.hello,
    onHello: met,
    onRoundTrip: (peer, latencyMs) => (of(peer).latencyMs = latencyMs),
    onGoodbye(peer) {
      noteGone(of(peer), clock.now())
      changes.tell()
    },
    onRest: (peer) => void (byPeer.get(peer)?.isNear === true && rests.note(peer)),
  })
  handlePeers(network, clock, { known: (atMost) => drawSome(here(), atMost, draw).map(({ peer, hops }) => ({ peer, hops })) })

  const lookAtAges = async (): Promise<void> => {
    for (let looks = 1; !signal.aborted; looks++) {
      await clock.wait(LOOK_EVERY_MS, { signal })
      papers.look()
      own.look()
      if (looks % LOOKS_OF_SCREENS === 0) changes.tell()
    }
  }
  const wake = (): void => {
    own.look()
    beacons.look()
    forgive()
  }
  const stops = [network.watch(onNetwork), clock.watchGaps(wake)]
  for (const work of [around.run(signal), idle.run(signal), lookAtAges(), presence.run(signal), beacons.run(signal)]) {
    work.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }

  return {
    changes,
    papers,
    all: () => [...byPeer.values()],
    of,
    known: (peer) => byPeer.get(peer),
    conduct,
    noteLie(peer) {
      of(peer).lies++
      conduct.noteLied(peer)
      changes.tell()
    },
    near,
    here,
    isHere: (peer) => byPeer.get(peer)?.isHere === true && of(peer).lies === 0,
    isReachable: presence.isReachable,
    connected: () => [...lines().keys()].filter((peer) => of(peer).lies === 0),
    withRoom,
    lending,
    present: () => withRoom().filter(({ isHere }) => isHere).length,
    seek: around.seek,
    survey: meeting.survey,
    gather: meeting.gather,
    async settled(waiting) {
      const until = clock.now() + SETTLE_AT_MOST_MS
      for (;;) {
        const left = Math.min(newestAt + SETTLE_MS, until) - clock.now()
        if (left <= 0) return
        await clock.wait(left, { signal: waiting })
      }
    },
    isAwaited,
    lostSince: presence.lostSince,
    notLostUntil: presence.notLostUntil,
    write: async () => void (await Promise.all([book.write(), conduct.write()])),
    beacons,
    announce() {
      own.look()
      beacons.look()
    },
    wake,
    noteUnreachable(peer) {
      const person = byPeer.get(peer)
      const note = (isSo: boolean): void => {
        if (!isSo || person === undefined || person.isNear) return
        noteGone(person, clock.now())
        changes.tell()
      }
      // Nobody can be dialled while this device's own network is away: then those who rest are as well as before.
      if (person?.isHere === true) void isOnline().then(note)
      else note(true)
    },
    close() {
      stop.abort(new Error('the peer is closed'))
      for (const end of stops) end()
    },
  }
}
