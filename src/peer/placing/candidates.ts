import { claimedPieces, type PlacedSegment } from './placed-segment.ts'
import { isTrusted } from '../../core/healing/evidence.ts'
import { weightOf } from '../../core/healing/presence.ts'
import { choosePlacement, domainOf, isNewcomer, type Candidate, type Keeping } from '../../core/placement.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { PeerId } from '../../core/ids.ts'
/** Knowledge about the people who may be asked. */
export interface Acquaintance {
  readonly parts: Pick<PeerParts, 'clock' | 'random' | 'policy'>
  readonly people: People
  /** Tells whether this device keeps something that the peer placed here. */
  readonly isPartner: (peer: PeerId) => boolean
  /** The time before which a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: ReadonlyMap<PeerId, number>
}

/**
 * Returns the people to offer the next pieces of a segment, best first, without those who do not serve what they keep (core SPEC EVD6);
 * `isHolder` tells who keeps something of its group.
 */
export function candidatesFor(
  { parts, people, isPartner, refusedUntil }: Acquaintance,
  segment: PlacedSegment,
  isHolder: (peer: PeerId) => boolean,
): readonly PeerId[] {
  const keeping = new Set(claimedPieces(segment).map(({ holder }) => holder))
  const now = parts.clock.now()
  const { lostAfterMs } = parts.policy.presence
  const isAble = (peer: PeerId): boolean =>
    people.isReachable(peer) &&
    !keeping.has(peer) &&
    (refusedUntil.get(peer) ?? 0) <= now &&
    isTrusted(people.conduct.of(peer), lostAfterMs)
  const able = people.withRoom().filter(({ peer }) => isAble(peer))
  const toCandidate = (person: Person) => ({
    ...weighed({ parts, people }, person),
    isInSet: isHolder(person.peer),
    isPartner: isPartner(person.peer),
    draw: drawn(parts.random.bytes(4)),
  })
  const others = [...keeping].map((peer) => crowdOf({ parts, people }, people.of(peer)))
  return choosePlacement(able.map(toCandidate), segment.descriptor.n, parts.policy.caps, others)
}

/** Returns what this device has seen of a person that could keep a piece, for stores and repairs alike. SPEC PLC1, PLC2, PRS5. */
export function weighed(
  tools: Pick<Acquaintance, 'people'> & { readonly parts: Pick<PeerParts, 'clock' | 'policy'> },
  person: Person,
): Pick<Candidate<PeerId>, 'peer' | 'weight'> & Keeping {
  const { clock, policy } = tools.parts
  const weight = weightOf(person.habits, clock.now(), policy.presence.beaconMs) / (1 + person.failures)
  return { ...crowdOf(tools, person), peer: person.peer, weight }
}

/** Returns by what the caps count a person that keeps a piece of a segment, or could. SPEC PLC2, PLC3. */
export function crowdOf(
  { parts, people }: Pick<Acquaintance, 'people'> & { readonly parts: Pick<PeerParts, 'clock'> },
  { peer, address, hello, metAt }: Person,
): Keeping {
  return {
    domain: domainOf(peer, address),
    engine: hello?.engine ?? peer,
    isNewcomer: isNewcomer(metAt, people.conduct.of(peer), parts.clock.now()),
  }
}

/** Returns a number in [0, 1) of 4 random bytes. */
function drawn([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return ((a * 256 + b) * 65_536 + c * 256 + d) / 2 ** 32
}
