import {
  checkBeacon,
  MAX_BEACON_AHEAD_MS,
  newerBeacon,
  readBeacon,
  seenBy,
  type BeaconFields,
  type CheckedBeacon,
} from '../../../core/beacon.ts'
import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { codeOf } from '../../../core/errors.ts'
import { isThere } from '../../../core/healing/presence.ts'
import type { PeerId } from '../../../core/ids.ts'
import { MAX_BEACONS, MAX_WANTED } from '../../../protocol/limits.ts'

/** What the board needs of its device. Times are Unix milliseconds by the clock for papers. */
export interface BoardParts {
  readonly self: PeerId
  readonly beaconMs: number
  readonly now: () => number
  /** The earlier of both clocks. */
  readonly passed: () => number
  /** Tells whether this device wants to know of `peer`. */
  readonly isWanted: (peer: PeerId) => boolean
  /** `beacon` is new, and its person counts as seen at `at`. */
  readonly onTaken: (beacon: CheckedBeacon, at: number) => void
}

/** The newest beacon of each person, and what was said of them over each line. Protocol SPEC BEA. */
export interface BeaconBoard {
  /** Puts up this device's own beacon. */
  putOwn(beacon: CheckedBeacon): void
  own(): CheckedBeacon | undefined
  /** Takes those of `beacons` that are wanted, new and signed, as they came from `from`. */
  take(from: PeerId, beacons: readonly Bytes[]): void
  /** From now on `from` wants to know of these people. */
  noteWanted(from: PeerId, wanted: readonly PeerId[]): void
  /** Returns the beacons to say to `to`, each once over its line. */
  sayTo(to: PeerId): readonly Bytes[]
  /** Returns who brought the newest beacon of `peer`, and when its person was seen; undefined before there is one. */
  heard(peer: PeerId): { readonly from: PeerId; readonly at: number } | undefined
  /** Forgets the lines to everybody else. */
  keepLines(peers: ReadonlySet<PeerId>): void
  /** Number of beacons, and of lines. */
  size(): { readonly beacons: number; readonly lines: number }
}

interface Taken {
  readonly beacon: CheckedBeacon
  readonly at: number
  readonly from: PeerId
}

interface Line {
  wanted: ReadonlySet<PeerId>
  /** Time of the newest beacon of each person that passed over this line, either way. */
  readonly passedByPeer: Map<PeerId, number>
  /** Checks that the far side may still cause in the period that began at `since`. */
  checks: number
  since: number
}

/** Beacons that are kept; those longest without news make room. */
const BEACONS_AT_MOST = 1_024
const LINES_AT_MOST = 256
/** Signature checks that a line may cause in a beacon period: four for each person wanted. A bad signature costs as many as in WRK2. */
const CHECKS_A_PERIOD = 4 * MAX_WANTED
const BAD_CHECKS = 64
/** A person's further beacons within this share of a period say nothing new, unless it lost something. */
const TOO_SOON = 1 / 4

/** Returns a board without beacons. */
export function createBeaconBoard({ self, beaconMs, now, passed, isWanted, onTaken }: BoardParts): BeaconBoard {
  const takenByPeer = new Map<PeerId, Taken>()
  const lineByPeer = new Map<PeerId, Line>()
  let own: CheckedBeacon | undefined

  const lineTo = (peer: PeerId): Line => {
    const line = lineByPeer.get(peer) ?? { wanted: new Set(), passedByPeer: new Map(), checks: CHECKS_A_PERIOD, since: now() }
    lineByPeer.delete(peer)
    lineByPeer.set(peer, line)
    for (const [oldest] of lineByPeer) if (lineByPeer.size > LINES_AT_MOST) lineByPeer.delete(oldest)
    if (Math.abs(now() - line.since) >= beaconMs) Object.assign(line, { checks: CHECKS_A_PERIOD, since: now() })
    return line
  }

  /** Tells whether the beacon is worth a signature check. All of this costs next to nothing. */
  const isNews = (from: PeerId, bytes: Bytes, { peer, time, storeEpoch }: BeaconFields): boolean => {
    if (peer === self || (peer !== from && !isWanted(peer)) || time > now() + MAX_BEACON_AHEAD_MS) return false
    const known = takenByPeer.get(peer)
    if (known === undefined) return true
    if (time < known.beacon.time || equalBytes(bytes, known.beacon.bytes)) return false
    return time - known.beacon.time >= TOO_SOON * beaconMs || !equalBytes(storeEpoch, known.beacon.storeEpoch)
  }

  const takeOne = (from: PeerId, line: Line, bytes: Bytes): void => {
    try {
      const fields = readBeacon(bytes)
      if (!isNews(from, bytes, fields)) return
      line.checks--
      const beacon = checkBeacon(bytes, now())
      const { peer, time } = beacon
      line.passedByPeer.set(peer, time)
      const known = takenByPeer.get(peer)
      if (known !== undefined && newerBeacon(known.beacon, beacon) !== beacon) return
      const at = seenBy(time, passed())
      takenByPeer.delete(peer)
      takenByPeer.set(peer, { beacon, at, from })
      for (const [oldest] of takenByPeer) if (takenByPeer.size > BEACONS_AT_MOST) takenByPeer.delete(oldest)
      onTaken(beacon, at)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      line.checks -= BAD_CHECKS
    }
  }

  return {
    putOwn: (beacon) => (own = beacon),
    own: () => own,
    take(from, beacons) {
      const line = lineTo(from)
      for (const bytes of beacons.slice(0, MAX_BEACONS)) if (line.checks > 0) takeOne(from, line, bytes)
    },
    noteWanted(from, wanted) {
      const line = lineTo(from)
      line.wanted = new Set(wanted.slice(0, MAX_WANTED))
      for (const peer of line.passedByPeer.keys()) {
        if (peer !== self && peer !== from && !line.wanted.has(peer) && !isWanted(peer)) line.passedByPeer.delete(peer)
      }
    },
    sayTo(to) {
      const line = lineTo(to)
      const others = [...line.wanted].flatMap((peer) => takenByPeer.get(peer) ?? [])
      // What is older makes nobody present, and would be said again over every line that is asked for somebody absent.
      const fresh = others.filter(({ beacon, at }) => beacon.peer !== to && isThere(at, passed(), beaconMs)).map(({ beacon }) => beacon)
      const said = [...(own ? [own] : []), ...fresh]
        .filter(({ peer, time }) => time > (line.passedByPeer.get(peer) ?? -1))
        .slice(0, MAX_BEACONS)
      for (const { peer, time } of said) line.passedByPeer.set(peer, time)
      return said.map(({ bytes }) => bytes)
    },
    heard: (peer) => takenByPeer.get(peer),
    keepLines(peers) {
      for (const peer of lineByPeer.keys()) if (!peers.has(peer)) lineByPeer.delete(peer)
    },
    size: () => ({ beacons: takenByPeer.size, lines: lineByPeer.size }),
  }
}
