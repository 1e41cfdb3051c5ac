import { personName } from '../core/names.ts'
import { isOftenThere } from '../core/healing/presence.ts'
import { codeFor, smallestCode } from '../core/policy.ts'
import type { Connection } from '../ports/network.ts'
import type { TrafficMeter } from '../protocol/pace/traffic.ts'
import type { AddedRelays } from './people/added-relays.ts'
import type { PeerSnapshot, PersonView } from './api/peer.ts'
import type { RememberingHolder } from './holding/open-holder.ts'
import type { OwnerHalf } from './open-owner.ts'
import type { Pace } from './people/pace.ts'
import type { Repairs } from './repairing/repairs.ts'
import type { LateRestoring } from './late-restoring.ts'
import type { LateLeaving } from './late-leaving.ts'
import type { PeerParts } from './api/peer-parts.ts'
import type { People } from './people/people.ts'
import { uptimesOf, type Person } from './people/person.ts'

/** The parts of a peer that a snapshot shows. */
export interface ViewParts {
  readonly parts: PeerParts
  readonly addedRelays: AddedRelays
  readonly pace: Pace
  readonly people: People
  readonly owner: Pick<OwnerHalf, 'view'>
  readonly holder: RememberingHolder
  readonly repairs: Pick<Repairs, 'facts'>
  readonly leaving: Pick<LateLeaving, 'facts'>
  readonly restoring: Pick<LateRestoring, 'view'>
  readonly meter: TrafficMeter
  /** Unix milliseconds of the start: a node that just began is looking, not offline. */
  readonly startedAt: number
}

/** Time after its start for which a device without connections is looking for people, and not offline yet. */
export const PATIENCE_MS = 20_000

/** Returns everything a screen shows, as plain values. */
export function viewPeer({
  parts,
  addedRelays,
  pace,
  people,
  owner,
  holder,
  repairs,
  leaving,
  restoring,
  meter,
  startedAt,
}: ViewParts): PeerSnapshot {
  const { network, clock, policy } = parts
  const { relays, connections } = network.state()
  const here = people.here().length
  const isLonely = connections.length === 0 && !relays.some(({ isConnected }) => isConnected) && clock.now() - startedAt > PATIENCE_MS
  const { beaconMs } = policy.presence
  const { k, n } = codeFor(policy, uptimesOf(people.withRoom(), clock.now(), beaconMs)) ?? smallestCode(policy)
  const { files, folders, trash, isIncomplete, words, list, bytesForMe } = owner.view()
  const restore = restoring.view()
  const connectionByPeer = new Map(connections.map((connection) => [connection.peer, connection]))
  const wrong = people.papers.view()
  return {
    ...(wrong === undefined ? {} : { clock: wrong }),
    self: { peerId: network.self, name: personName(network.self) },
    connection: { is: here > 0 ? 'connected' : isLonely ? 'offline' : 'looking', people: here },
    isElsewhere: false,
    relays: relays.map((relay) => ({ ...relay, isAdded: addedRelays.all().includes(relay.address) })),
    words,
    ...(restore && { restore }),
    list: { people: list.people, isBehind: list.isBehind, ...(list.at !== undefined && { at: list.at }) },
    files,
    folders,
    trash,
    ...(isIncomplete && { isListDamaged: true }),
    people: people
      .all()
      .filter(({ seenAt }) => seenAt > 0)
      .map((person) => ({
        ...viewPerson(person, connectionByPeer.get(person.peer), meter, bytesForMe, holder),
        isSteady: isOftenThere(person.habits, clock.now(), beaconMs),
      }))
      .toSorted((a, b) => Number(b.isConnected) - Number(a.isConnected) || a.name.localeCompare(b.name)),
    give: { ...viewGive(holder), ...viewLeaving(policy, pace, leaving) },
    totals: meter.totals(),
    repair: repairs.facts(),
    price: { factor: n / k, k, n },
  }
}

function viewPerson(
  { peer, name, latencyMs, hello, seenAt, lies }: Person,
  connection: Connection | undefined,
  meter: TrafficMeter,
  bytesForMe: ReadonlyMap<string, number>,
  holder: RememberingHolder,
): Omit<PersonView, 'isSteady'> {
  return {
    peer,
    name,
    isConnected: connection !== undefined,
    isDirect: connection?.isDirect === true,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...meter.of(peer),
    keepsForMe: bytesForMe.get(peer) ?? 0,
    keptForThem: holder.keptFor(peer),
    engine: hello?.engine ?? '',
    roomBytes: hello?.room ?? 0,
    seenAt,
    lies,
  }
}

function viewGive(holder: RememberingHolder): PeerSnapshot['give'] {
  const { isOn, offerBytes, countedBytes, usedBytes, pieces, owners, isDiskFull } = holder.facts()
  const trouble = isDiskFull ? { trouble: { code: 'storage-full', facts: { offerBytes } } as const } : {}
  const counted = countedBytes < offerBytes ? { countedBytes } : {}
  return { isOn, offerBytes, ...counted, usedBytes, pieces, owners, ...trouble }
}

function viewLeaving(
  { guardian }: PeerParts['policy'],
  pace: Pace,
  leaving: ViewParts['leaving'],
): Pick<PeerSnapshot['give'], 'limits' | 'mostPerSecond' | 'handover'> {
  const limits = pace.limits()
  const view = leaving.facts()
  return { limits, mostPerSecond: Math.min(guardian.bytesPerSecond, limits.up || Infinity), ...(view && { handover: view }) }
}
