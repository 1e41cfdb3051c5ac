import { HoardError } from '../core/errors.ts'
import type { Hello } from '../protocol/hello.ts'
import { sayGoodbye } from '../protocol/hello.ts'
import { createPacedNetwork } from '../protocol/pace/paced-network.ts'
import { createTrafficMeter } from '../protocol/pace/traffic.ts'
import { openAddedRelays } from './people/added-relays.ts'
import type { Peer, PeerSnapshot } from './api/peer.ts'
import { createChanges } from '../flow/changes.ts'
import { handleGroup } from '../protocol/group.ts'
import { handleShard } from '../protocol/shard.ts'
import { openHolder } from './holding/open-holder.ts'
import { leaveGroups } from './holding/keeping/leave-groups.ts'
import type { ConfirmedTime } from './people/paper-clock.ts'
import { openPersonBook } from './people/presence/person-book.ts'
import { openConductBook } from './people/evidence/conduct-book.ts'
import { createWitnesses } from './checking/ask-witness.ts'
import { createChecking } from './checking/check-holders.ts'
import { createKnownPieces } from './checking/known-pieces.ts'
import { openPace, type Pace } from './people/pace.ts'
import { createPeople, RETURN_MS } from './people/create-people.ts'
import type { People } from './people/people.ts'
import { watchDials } from './people/watch-dials.ts'
import type { Look, Roll, RollHolder } from './roll/roll.ts'
import type { RepairEvidence } from './roll/testimony.ts'
import { type GroupSync, openGroupSync } from './roll/sync-groups.ts'
import { PATIENCE_MS, viewPeer } from './view-peer.ts'
import { createLateGuardian } from './late-guardian.ts'
import { createLateRestoring } from './late-restoring.ts'
import { createLateLeaving } from './late-leaving.ts'
import { lateParts, type LateParts } from './late-parts.ts'
import type { OwnerHalf } from './open-owner.ts'
import { openOwnerSeat } from './owner-seat.ts'
import { createPartners } from './partners.ts'
import { mapLimited } from '../flow/map-limited.ts'
import type { PeerParts } from './api/peer-parts.ts'
import type { PeerId } from '../core/ids.ts'

/** Least time between two snapshots for the screens, milliseconds. */
const TELL_EVERY_MS = 100
/** Least time between two that differ in counted bytes alone. */
const COUNT_EVERY_MS = 1_000
const STARTS_OVER_MS = [PATIENCE_MS, RETURN_MS]
const GOODBYE_MS = 500

/**
 * Starts a whole peer over its ports: it answers others, looks for people, and goes on with what its owner left unfinished.
 * @param late loads the parts that most devices do not need, or not at once
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when this device's own records cannot be read
 */
export async function createPeer(given: PeerParts, late: LateParts = lateParts): Promise<Peer> {
  // Each needs the other: the holder asks how much its guests keep of this device's files, and opening these takes the holder's hello.
  const opened: { owner?: OwnerHalf; people?: People; sync?: GroupSync; evidence?: RepairEvidence; pace?: Pace; waiting?: () => number } =
    {}
  const meter = createTrafficMeter(given.network, given.clock)
  const paced = createPacedNetwork(meter.network, given.clock)
  const parts: PeerParts = { ...given, network: watchDials(paced.network, (peer) => opened.people?.noteUnreachable(peer)) }
  const { network, clock } = parts
  const closing = new AbortController()
  const { signal } = closing
  const startedAt = clock.now()
  // Under way while the holder's half opens, which needs nothing of it.
  const loadingOwner = late.loadOwner()
  loadingOwner.catch(() => undefined)

  const papers: ConfirmedTime = {
    now: () => (opened.people?.papers ?? clock).now(),
    passed: () => opened.people?.papers.passed() ?? clock.now(),
    confirmed: () => opened.people?.papers.confirmed(),
  }
  const changes = createChanges()
  const lostSince = ({ holder: person, takenAt }: Pick<RollHolder, 'holder' | 'takenAt'>): number | undefined =>
    opened.people?.lostSince(person, takenAt)
  const holder = await openHolder(parts, {
    keepsForMe: () => opened.owner?.keptElsewhere() ?? new Map(),
    lostSince,
    isServable: (groupId) => opened.sync?.isServable(groupId) ?? true,
    papers,
    evidence: () => opened.evidence,
    waitingBytes: () => opened.waiting?.() ?? 0,
    resendRate: () => Math.min(given.policy.guardian.bytesPerSecond, opened.pace?.limits().up || Infinity),
  })
  const mine = (): Hello => {
    const { isOn, offerBytes, roomBytes, storeEpoch } = holder.facts()
    const { engine, isPersisted } = parts
    return { engine, isPersisted, isHolder: isOn, offer: offerBytes, room: isOn ? roomBytes : 0, storeEpoch, clock: clock.now() }
  }
  const book = await openPersonBook(parts.catalog, { ...clock, now: papers.passed }, parts.policy.presence.beaconMs, signal)
  const partners = createPartners(network.self, clock, holder, () => opened.owner?.contents())
  const people = createPeople(parts, book, await openConductBook(parts.catalog, clock, book, signal), {
    hello: mine,
    groupsWith: partners.groupsWith,
    partners: partners.all,
    usedAt: meter.usedAt,
  })
  opened.people = people
  const pace = await openPace(parts, paced, people, signal)
  opened.pace = pace
  const known = createKnownPieces(parts, people, lostSince)
  const { openOwner } = await loadingOwner
  const owner = await openOwnerSeat((life) => openOwner({ parts, people, holder, known, changes, lostSince, late }, life), signal)
  opened.owner = owner
  const sync = await openGroupSync(parts, people, holder.compared, owner.compared)
  opened.sync = sync
  const kept = {
    rolls: holder.rolls,
    descriptorOf: holder.descriptorOf,
    noteLook: (roll: Roll, peer: PeerId, _piece: unknown, look: Look) => holder.noteLook(roll.groupId, peer, look),
  }
  const piecesOf: RepairEvidence['piecesOf'] = (groupId, segmentId) => known.of(holder.roll(groupId), segmentId)
  opened.evidence = { ...createWitnesses(parts, people), piecesOf }
  const checking = createChecking(parts, people, known, [kept, owner.checked])
  const repairs = createLateGuardian({ parts, people, holder, known, checking, checked: kept, sync, lostSince }, late.loadGuardian, signal)
  opened.waiting = repairs.waitingBytes
  const restoring = createLateRestoring({ parts, people, seat: owner }, late.loadRestoring, signal)
  const leaving = createLateLeaving({ parts, people, holder, known, changes }, late.loadLeaving, signal)
  for (const work of [owner.care(), sync.run(signal), checking.run(signal), repairs.run(signal), leaving.resume(signal)]) {
    work.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  handleShard(network, clock, holder)
  const { repairing } = repairs
  handleGroup(network, clock, { ...owner.inFrontOf({ ...holder, repairing }), beacons: people.beacons.answer, ...sync.answers })
  const addedRelays = await openAddedRelays(parts.catalog)
  const view = { parts, addedRelays, pace, people, owner, holder, repairs, leaving, restoring, meter, startedAt }

  const screen = createChanges()
  let snapshot: PeerSnapshot = viewPeer(view)
  let madeAt = clock.ran()
  /** When the first change came that the snapshot does not show. */
  let changedAt: number | undefined
  let isTelling = false
  const look = (): void => {
    snapshot = viewPeer(view)
    madeAt = clock.ran()
    changedAt = undefined
  }
  // Looking at everything costs more than most changes: nobody looks for screens that are not there.
  const onChange = (): void => {
    changedAt ??= clock.ran()
    if (isTelling || signal.aborted || !screen.isWatched()) return
    isTelling = true
    clock.wait(TELL_EVERY_MS, { signal }).then(
      () => {
        isTelling = false
        look()
        screen.tell()
      },
      () => undefined,
    )
  }
  let isCounting = false
  /** What is sent for others changes nothing but figures. */
  const onTraffic = (): void => {
    if (isCounting || !screen.isWatched()) return
    isCounting = true
    clock.wait(COUNT_EVERY_MS, { signal }).then(
      () => {
        isCounting = false
        onChange()
      },
      () => undefined,
    )
  }
  /** Looks at what has changed for a tenth of a second while nobody watched; some figures grow without a word. */
  const catchUp = (): void => {
    if (!screen.isWatched() && !signal.aborted && clock.ran() - (changedAt ?? madeAt) >= TELL_EVERY_MS) look()
  }
  // Some facts change with time alone: a person not met by then is away, and a device that nothing answers is offline.
  for (const ms of STARTS_OVER_MS) clock.wait(ms + 1, { signal }).then(onChange, () => undefined)
  const stops = [
    changes.watch(onChange),
    restoring.changes.watch(onChange),
    people.changes.watch(onChange),
    holder.watch(onChange),
    holder.watch(people.announce),
    meter.changes.watch(onTraffic),
    ...[sync.wake, repairs.wake].map((wake) => clock.watchGaps(wake)),
    ...[people.wake, sync.wake, repairs.wake].flatMap((wake) => parts.watchWakes?.(wake) ?? []),
  ]

  const peer: Peer = {
    snapshot() {
      catchUp()
      return snapshot
    },
    watch(listener) {
      if (!screen.isWatched() && !signal.aborted) look()
      return screen.watch(listener)
    },
    ...owner.facets,
    ...restoring.facet,
    async setOffer(offer) {
      await holder.setOffer(offer)
      people.announce()
    },
    handOver: (step) => leaving.step(step),
    async setRateLimits(limits) {
      await pace.setLimits(limits)
      people.announce()
      onChange()
    },
    async addRelay(address) {
      // A relay that the network names already needs no remembering, and could not be removed.
      const isGiven = network.state().relays.some((relay) => relay.address === address) && !addedRelays.all().includes(address)
      if (!isGiven) addedRelays.check(address)
      await parts.control.addRelay(address)
      if (!isGiven) await addedRelays.add(address)
      onChange()
    },
    async removeRelay(address) {
      if (!addedRelays.all().includes(address)) return
      await addedRelays.remove(address)
      await parts.control.removeRelay(address)
      onChange()
    },
    kept: async () => holder.kept(),
    async forgetDevice() {
      const near = people.near().map((person) => person.peer)
      await leaveGroups({ network, clock, signer: parts.signer, now: papers.now }, holder, near)
      await peer.close()
      await parts.removeAll()
    },
    async close() {
      if (signal.aborted) return
      for (const stop of stops) stop()
      const goodbyes = mapLimited(people.near(), 16, ({ peer }) => sayGoodbye(network, clock, peer, { signal }).catch(() => undefined))
      await Promise.race([Promise.all([goodbyes, people.beacons.farewell(), people.write()]), clock.wait(GOODBYE_MS)])
      closing.abort(new HoardError('stream-closed', { reason: 'the peer is closed' }))
      people.close()
      holder.close()
      await parts.control.close()
    },
  }
  return peer
}
