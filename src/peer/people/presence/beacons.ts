import { beaconMessage, checkBeacon, encodeBeacon, MAX_BEACON_AHEAD_MS, MAX_BEACON_HOPS, type CheckedBeacon } from '../../../core/beacon.ts'
import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { isThere } from '../../../core/healing/presence.ts'
import type { PeerId } from '../../../core/ids.ts'
import { createChanges } from '../../../flow/changes.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Signer } from '../../../ports/signer.ts'
import { MAX_WANTED } from '../../../protocol/limits.ts'
import type { NotSpoken } from '../../../protocol/sync.ts'
import type { BeaconsSaid } from '../../../protocol/sync-messages.ts'
import type { PaperTime } from '../paper-clock.ts'
import { createBeaconBoard } from './beacon-board.ts'

/** What beacons need of their device. */
export interface BeaconParts {
  readonly signer: Signer
  readonly clock: Clock
  readonly papers: PaperTime
  readonly beaconMs: number
  readonly storeEpoch: () => Bytes
  /** Peers through which this one is reached. */
  readonly hops: () => readonly PeerId[]
  /** Peers at the far ends of the connections that stay open while idle. */
  readonly lines: () => readonly PeerId[]
  /** Everybody near: their presence is known without beacons. */
  readonly isNear: (peer: PeerId) => boolean
  /** Returns the people of whom this device wants to know, the most wanted first; 256 of them count. It is asked once a period. */
  readonly wanted: () => readonly PeerId[]
  readonly exchange: (peer: PeerId, said: BeaconsSaid) => Promise<BeaconsSaid | NotSpoken>
  /** `beacon` is new, and its person counts as seen at `at`, Unix milliseconds by the clock for papers. */
  readonly onTaken: (beacon: CheckedBeacon, at: number) => void
}

/** This device's beacons, and those of others that it takes and passes on. */
export interface Beacons {
  /** Answers what `peer` says of beacons. */
  answer(peer: PeerId, said: BeaconsSaid): Promise<BeaconsSaid>
  /** Lines or storeEpoch may have changed, or the device woke: does what is due. */
  look(): void
  /** Makes a last beacon and says it to everybody. Never throws. */
  farewell(): Promise<void>
  /** Goes on until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** Beacons wait for each other for this share of a period, at least a second: they go in one message. */
const GATHER = 1 / 60
const GATHER_AT_LEAST_MS = 1_000
const AT_ONCE = 4
/** Lines over which somebody is asked for who was not heard of: who is back is soon found, and little comes twice. */
const ASKED_LINES = 2
/** Periods for which the people asked for over a line stay the same. */
const ASK_PERIODS = 4
/** Time for which a peer that does not speak of beacons is left alone. SPEC SYN1. */
const NOT_SPOKEN_MS = 86_400_000

/** Returns the beacons of a device that has made none yet. Source: protocol SPEC BEA. */
export function createBeacons(parts: BeaconParts): Beacons {
  const { signer, clock, papers, beaconMs, onTaken } = parts
  const changes = createChanges()
  const self = signer.peerId
  /** Each with its lot. */
  let wanted: ReadonlyMap<PeerId, number> = new Map()
  const askedByLine = new Map<PeerId, { readonly at: number; readonly names: string }>()
  const silentUntil = new Map<PeerId, number>()
  const startedAt = clock.ran()
  let madeAt = -Infinity
  let wantedAt = -Infinity
  let isDueSoon = false
  const look = (): void => {
    isDueSoon = true
    changes.tell()
  }
  const board = createBeaconBoard({
    self,
    beaconMs,
    now: papers.now,
    passed: papers.passed,
    isWanted: (peer) => wanted.has(peer),
    onTaken(beacon, at) {
      onTaken(beacon, at)
      look()
    },
  })

  const isDue = (): boolean => {
    const own = board.own()
    if (own === undefined || !equalBytes(own.storeEpoch, parts.storeEpoch())) return true
    // One that was made by a wrong clock is taken by nobody.
    return Math.abs(clock.now() - madeAt) >= beaconMs || own.time > papers.now() + MAX_BEACON_AHEAD_MS
  }
  const make = async (): Promise<void> => {
    const now = papers.now()
    const last = board.own()?.time ?? 0
    const hops = [...new Set(parts.hops())].filter((hop) => hop !== self).slice(0, MAX_BEACON_HOPS)
    const time = last > now + MAX_BEACON_AHEAD_MS ? now : Math.max(now, last + 1)
    const fields = { peer: self, time, storeEpoch: parts.storeEpoch(), hops }
    madeAt = clock.now()
    board.putOwn(checkBeacon(encodeBeacon(fields, await signer.sign(beaconMessage(fields))), time))
  }

  /** Returns the people to ask for over each of `lines`. */
  const share = (lines: readonly PeerId[]): ReadonlyMap<PeerId, readonly PeerId[]> => {
    const asked = new Map<PeerId, PeerId[]>(lines.map((line) => [line, []]))
    for (const [peer, lot] of wanted) {
      if (parts.isNear(peer)) continue
      const heard = board.heard(peer)
      const isHeard = heard !== undefined && isThere(heard.at, papers.passed(), beaconMs)
      const silence = (isHeard ? 0 : heard === undefined ? clock.ran() - startedAt : papers.passed() - heard.at) / beaconMs
      const turn = ASKED_LINES * Math.floor(Math.log2(1 + Math.max(0, silence)))
      const from = heard === undefined ? undefined : asked.get(heard.from)
      from?.push(peer)
      if (isHeard && from !== undefined) continue
      const others = from === undefined ? ASKED_LINES : ASKED_LINES - 1
      for (let at = 0; at < others; at++) {
        const line = lines[(lot + turn + at) % lines.length]
        const names = line === undefined ? undefined : asked.get(line)
        // The one that brought the last news may be among them, and one line may come twice where there are few.
        if (names?.at(-1) !== peer) names?.push(peer)
      }
    }
    return asked
  }

  /** Returns what is to be said to `line`: whom it is asked for only if that is another list than the last one. */
  const saying = (line: PeerId, names: readonly PeerId[]): BeaconsSaid => {
    const last = askedByLine.get(line)
    const mayBeNew = last === undefined || Math.abs(clock.ran() - last.at) >= ASK_PERIODS * beaconMs
    const text = mayBeNew ? names.toSorted().join(' ') : last.names
    const isNew = text !== last?.names
    if (isNew) askedByLine.set(line, { at: clock.ran(), names: text })
    return { ...(isNew && { wanted: names }), beacons: board.sayTo(line) }
  }

  const sayTo = async (line: PeerId, said: BeaconsSaid): Promise<void> => {
    // Nobody is dialled for a beacon.
    if ((said.wanted === undefined && said.beacons.length === 0) || !parts.isNear(line)) return
    try {
      const answer = await parts.exchange(line, said)
      if (answer !== 'not spoken') hear(line, answer)
      else if (parts.isNear(line)) silentUntil.set(line, clock.ran() + NOT_SPOKEN_MS)
    } catch {
      // The line has ended, or its far side is busy: what was said and is lost is an hour old at most when the next beacon comes.
      askedByLine.delete(line)
    }
  }
  const hear = (from: PeerId, { wanted: named, beacons }: BeaconsSaid): void => {
    if (named !== undefined) board.noteWanted(from, named)
    board.take(from, beacons)
  }

  const round = async (): Promise<void> => {
    if (isDue()) await make()
    if (wanted.size === 0 || clock.ran() - wantedAt >= beaconMs) {
      wanted = new Map(
        parts
          .wanted()
          .slice(0, MAX_WANTED)
          .map((peer) => [peer, lotOf(peer)]),
      )
      wantedAt = clock.ran()
    }
    const all = parts.lines()
    const open = new Set(all)
    board.keepLines(open)
    for (const line of askedByLine.keys()) if (!open.has(line)) askedByLine.delete(line)
    for (const [line, until] of silentUntil) if (clock.ran() >= until) silentUntil.delete(line)
    const lines = all.filter((line) => !silentUntil.has(line))
    await mapLimited([...share(lines)], AT_ONCE, ([line, names]) => sayTo(line, saying(line, names)))
  }

  return {
    async answer(peer, said) {
      hear(peer, said)
      const lines = said.wanted === undefined ? [] : parts.lines()
      if (!lines.includes(peer)) return { beacons: board.sayTo(peer) }
      // Over a new line both sides ask: the second one does so with its answer, rather than in a message of its own.
      askedByLine.delete(peer)
      return saying(peer, share(lines).get(peer) ?? [])
    },
    look,
    async farewell() {
      try {
        await make()
        await mapLimited(parts.lines(), AT_ONCE, (line) => sayTo(line, { beacons: board.sayTo(line) }))
      } catch {
        // A device that leaves cannot wait.
      }
    },
    async run(signal) {
      // By a lot, so that of two that have just met one asks and the other answers.
      const gatherMs = Math.max(GATHER_AT_LEAST_MS, Math.round(GATHER * beaconMs * (3 / 4 + lotOf(self) / 2 ** 33)))
      while (!signal.aborted) {
        isDueSoon = false
        await round()
        // What came up meanwhile is dealt with in the next round.
        const restMs = Math.max(gatherMs, beaconMs - Math.abs(clock.now() - madeAt))
        if (!isDueSoon) await changes.nextWithin(clock, restMs, signal)
        await clock.wait(gatherMs, { signal })
      }
    },
  }
}

/** Source: FNV-1a, 32 bits; nothing depends on its being hard to foresee. */
function lotOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
