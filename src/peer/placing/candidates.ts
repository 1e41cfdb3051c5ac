import { claimedPieces, type PlacedSegment } from './placed-segment.ts'
import { isTrusted } from '../../core/healing/evidence.ts'
import { choosePlacement, domainOf, type Keeping } from '../../core/placement.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { PeerId } from '../../core/ids.ts'
/** Knowledge about the people who may be asked. */
export interface Acquaintance {
  readonly parts: Pick<PeerParts, 'clock' | 'random' | 'policy'>
  readonly people: People
  /** The time before which a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: ReadonlyMap<PeerId, number>
}

/** Assumed probability that a person who said hello is there when its piece is needed. SPEC PLC1. */
const WEIGHT = 0.8
/** Peers met less than a day ago may be one Sybil under many ids. SPEC PLC2. */
const NEWCOMER_MS = 86_400_000

/**
 * Returns the people to offer the next pieces of a segment, best first, without those who do not serve what they keep (core SPEC EVD6);
 * `isHolder` tells who keeps something of its group.
 */
export function candidatesFor(
  { parts, people, refusedUntil }: Acquaintance,
  segment: PlacedSegment,
  isHolder: (peer: PeerId) => boolean,
): readonly PeerId[] {
  const keeping = new Set(claimedPieces(segment).map(({ holder }) => holder))
  const now = parts.clock.now()
  const crowdOf = ({ peer, address, hello, metAt }: Person): Keeping => ({
    domain: domainOf(peer, address),
    engine: hello?.engine ?? peer,
    isNewcomer: metAt === undefined || now - metAt < NEWCOMER_MS,
  })
  const { lostAfterMs } = parts.policy.presence
  const isAble = (peer: PeerId): boolean =>
    people.isReachable(peer) &&
    !keeping.has(peer) &&
    (refusedUntil.get(peer) ?? 0) <= now &&
    isTrusted(people.conduct.of(peer), lostAfterMs)
  const able = people.withRoom().filter(({ peer }) => isAble(peer))
  const toCandidate = (person: Person) => ({
    ...crowdOf(person),
    peer: person.peer,
    weight: WEIGHT / (1 + person.failures),
    isInSet: isHolder(person.peer),
    isPartner: false,
    draw: (parts.random.bytes(1)[0] ?? 0) / 256,
  })
  const others = [...keeping].map((peer) => crowdOf(people.of(peer)))
  return choosePlacement(able.map(toCandidate), segment.descriptor.n, parts.policy.caps, others)
}
