import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import { choosePlacement, domainOf, type Keeping } from '../core/placement.ts'
import { tell } from '../protocol/group.ts'
import { refusalOf } from '../protocol/refusal.ts'
import type { Changes } from './changes.ts'
import type { SegmentSource } from './describe-segment.ts'
import type { OwnSegment } from './journal.ts'
import type { Lanes } from './lanes.ts'
import { mapLimited } from './map-limited.ts'
import { charterForStore, type OwnGroup } from './own-group.ts'
import type { OwnerKeeper } from './owner.ts'
import { claimedPieces, placeSegment, type PlaceParts } from './place-segment.ts'
import type { Person } from './people.ts'
import type { Vault } from './vault.ts'

/** What the owner's side works with. */
export interface StoreTools extends PlaceParts {
  readonly keeper: OwnerKeeper
  readonly vault: Vault
  /** Called out whenever anything of an own file changed. */
  readonly changes: Changes
  readonly lanes: Lanes
  /** Until when a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: Map<PeerId, number>
}

/** A guess for people about whom nothing is known. Source: research on churn; DESIGN, placement. */
const UNKNOWN_WEIGHT = 0.33
const KNOWN_WEIGHT = 0.8
/** Who was met less long ago may be many names of one person. SPEC PLC2. */
const NEWCOMER_MS = 86_400_000
const FULL_MS = 60_000
const BUSY_MS = 5_000
const TELL_AT_ONCE = 6

/** Runs one round of placing a segment of `group` with people who keep none of it. Returns how many pieces were newly claimed. */
export async function placeRound(
  tools: StoreTools,
  group: OwnGroup,
  place: number,
  segment: OwnSegment,
  source: SegmentSource,
  onPlaced: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const { parts, people, journal, refusedUntil, changes } = tools
  const charter = await charterForStore(journal, group, people.papers.now())
  return placeSegment(
    tools,
    {
      group,
      place,
      segment,
      charter,
      source,
      candidates: () => candidatesFor(tools, group, segment),
      onPlaced: (bytes) => {
        onPlaced(bytes)
        changes.tell()
      },
      onRefused: (peer, error) => {
        people.papers.noteRefusal(peer, error)
        const isLong = codeOf(error) === 'holder-silent' || refusalOf(error) === 'FULL' || refusalOf(error) === 'QUOTA'
        refusedUntil.set(peer, parts.clock.now() + (isLong ? FULL_MS : BUSY_MS))
      },
    },
    signal,
  )
}

/** Returns whom to ask for the next pieces of a segment, best first. */
export function candidatesFor({ parts, people, refusedUntil }: StoreTools, group: OwnGroup, segment: OwnSegment): readonly PeerId[] {
  const keeping = new Set(claimedPieces(segment).map(({ holder }) => holder))
  const now = parts.clock.now()
  const crowdOf = ({ peer, address, hello, metAt }: Person): Keeping => ({
    domain: domainOf(peer, address),
    engine: hello?.engine ?? peer,
    isNewcomer: metAt === undefined || now - metAt < NEWCOMER_MS,
  })
  const able = people.here().filter(({ peer, hello }) => {
    const hasRoom = hello !== undefined && hello.room > 0
    return hasRoom && !keeping.has(peer) && (refusedUntil.get(peer) ?? 0) <= now
  })
  const toCandidate = (person: Person) => ({
    ...crowdOf(person),
    peer: person.peer,
    weight: (person.hello === undefined ? UNKNOWN_WEIGHT : KNOWN_WEIGHT) / (1 + person.failures),
    isInSet: group.claimByHolder.has(person.peer),
    isPartner: false,
    draw: (parts.random.bytes(1)[0] ?? 0) / 256,
  })
  const others = [...keeping].map((peer) => crowdOf(people.of(peer)))
  return choosePlacement(able.map(toCandidate), segment.descriptor.n, parts.policy.caps, others)
}

/** Tells every holder of the group that is here its newest charter and all claims. Returns who could not be told. */
export async function tellGroup(
  { parts, people, journal }: StoreTools,
  group: OwnGroup,
  signal: AbortSignal,
): Promise<ReadonlySet<PeerId>> {
  const untold = new Set<PeerId>()
  const claims = [...group.claimByHolder.values()]
  const { tombstone } = group.note
  const paper = tombstone === null ? { charter: await charterForStore(journal, group, people.papers.now()) } : { tombstone }
  await mapLimited([...group.claimByHolder.keys()], TELL_AT_ONCE, async (peer) => {
    try {
      const news = { ...paper, claims: tombstone === null ? claims : [] }
      await tell(parts.network, parts.clock, peer, news, { signal, hops: people.of(peer).hops })
    } catch (error) {
      signal.throwIfAborted()
      people.papers.noteRefusal(peer, error)
      untold.add(peer)
    }
  })
  return untold
}
