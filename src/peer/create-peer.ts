import { HoardError } from '../core/errors.ts'
import { readLink } from '../core/link-text.ts'
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
import { claimIn, openJournal } from './groups/journal.ts'
import { compareOwnGroups } from './groups/own-compared.ts'
import type { OwnGroup } from './groups/own-group.ts'
import { createLimiter } from '../flow/limiter.ts'
import { createLines } from './people/lines.ts'
import { openLink } from './links/open-link.ts'
import { reliedPieces } from './files/file-health.ts'
import { createCheckedBytes } from './files/checked-bytes.ts'
import { openOwnFile } from './files/open-own-file.ts'
import { openOwnFiles, type OwnFiles } from './files/own-files.ts'
import { createOwnerKeyring } from './vault/owner.ts'
import type { ConfirmedTime } from './people/paper-clock.ts'
import { openPersonBook } from './people/presence/person-book.ts'
import { openConductBook } from './people/evidence/conduct-book.ts'
import { createWitnesses } from './checking/ask-witness.ts'
import { createChecking } from './checking/check-holders.ts'
import { createKnownPieces } from './checking/known-pieces.ts'
import { createOwnRolls } from './files/own-rolls.ts'
import { openPace, type Pace } from './people/pace.ts'
import { createPeople, RETURN_MS } from './people/create-people.ts'
import type { People } from './people/people.ts'
import { watchDials } from './people/watch-dials.ts'
import type { Look, Roll, RollHolder } from './roll/roll.ts'
import type { RepairEvidence } from './roll/testimony.ts'
import { type GroupSync, openGroupSync } from './roll/sync-groups.ts'
import { createRepairNews } from './roll/tell-repair.ts'
import { createRates } from '../flow/rates.ts'
import { createHeardRepairs } from './groups/heard-repairs.ts'
import { createOwnNews } from './groups/own-news.ts'
import { openVault } from './vault/vault.ts'
import { createFileViews, viewHolders } from './view-files.ts'
import { PATIENCE_MS, viewPeer } from './view-peer.ts'
import { createLateGuardian } from './late-guardian.ts'
import { createLateLeaving } from './late-leaving.ts'
import { lateParts, openLate, type LateParts } from './late-parts.ts'
import { createPartners } from './partners.ts'
import { mapLimited } from '../flow/map-limited.ts'
import type { PeerParts } from './api/peer-parts.ts'
import type { PeerId } from '../core/ids.ts'
import type { StoreTools } from './groups/owner-tools.ts'

/** Files whose pieces are placed side by side. */
const STORES_AT_ONCE = 3
/** Least time between two snapshots for the screens, milliseconds. */
const TELL_EVERY_MS = 100
/** Least time between two that differ in counted bytes alone. */
const COUNT_EVERY_MS = 1_000
const STARTS_OVER_MS = [PATIENCE_MS, RETURN_MS]
const GOODBYE_MS = 500
/** Share of lostAfterMs for which a device looks around after its start before it sends anything anew. SPEC PLC4. */
const LOOK_AROUND_SHARE = 1 / 4

/**
 * Starts a whole peer over its ports: it answers others, looks for people, and goes on with what its owner left unfinished.
 * @param late loads the parts that most devices do not need, or not at once
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when this device's own records cannot be read
 */
export async function createPeer(given: PeerParts, late: LateParts = lateParts): Promise<Peer> {
  // Each needs the other: the holder asks how much its guests keep of this device's files, and opening these takes the holder's hello.
  const opened: { files?: OwnFiles; people?: People; sync?: GroupSync; evidence?: RepairEvidence; pace?: Pace } = {}
  const meter = createTrafficMeter(given.network, given.clock)
  const paced = createPacedNetwork(meter.network, given.clock)
  const parts: PeerParts = { ...given, network: watchDials(paced.network, (peer) => opened.people?.noteUnreachable(peer)) }
  const { network, clock } = parts
  const closing = new AbortController()
  const { signal } = closing
  const startedAt = clock.now()

  const papers: ConfirmedTime = {
    now: () => (opened.people?.papers ?? clock).now(),
    passed: () => opened.people?.papers.passed() ?? clock.now(),
    confirmed: () => opened.people?.papers.confirmed(),
  }
  const changes = createChanges()
  const keptElsewhere = createCheckedBytes(clock, changes, () => opened.files && { contents: opened.files.contents(), ...tools })
  const lostSince = ({ holder: person, takenAt }: Pick<RollHolder, 'holder' | 'takenAt'>): number | undefined =>
    opened.people?.lostSince(person, takenAt)
  const holder = await openHolder(parts, {
    keepsForMe: keptElsewhere,
    lostSince,
    isServable: (groupId) => opened.sync?.isServable(groupId) ?? true,
    papers,
    evidence: () => opened.evidence,
    resendRate: () => Math.min(given.policy.guardian.bytesPerSecond, opened.pace?.limits().up || Infinity),
  })
  const mine = (): Hello => {
    const { isOn, offerBytes, roomBytes, storeEpoch } = holder.facts()
    const { engine, isPersisted } = parts
    return { engine, isPersisted, isHolder: isOn, offer: offerBytes, room: isOn ? roomBytes : 0, storeEpoch, clock: clock.now() }
  }
  const book = await openPersonBook(parts.catalog, { ...clock, now: papers.passed }, parts.policy.presence.beaconMs, signal)
  const partners = createPartners(network.self, clock, holder, () => opened.files?.contents())
  const people = createPeople(parts, book, await openConductBook(parts.catalog, clock, book, signal), {
    hello: mine,
    groupsWith: partners.groupsWith,
    partners: partners.all,
    usedAt: meter.usedAt,
  })
  opened.people = people
  const pace = await openPace(parts, paced, people, signal)
  opened.pace = pace
  const keyring = createOwnerKeyring(parts)
  const known = createKnownPieces(parts, people, lostSince)
  const startedRan = clock.ran()
  const hasLookedAround = (): boolean => clock.ran() - startedRan >= parts.policy.presence.lostAfterMs * LOOK_AROUND_SHARE
  const journal = await openJournal(parts)
  const heard = createHeardRepairs(clock, parts.policy, changes, signal)
  const tools: StoreTools = {
    parts,
    people,
    journal,
    vault: await openVault(parts, keyring),
    keyring,
    changes,
    lines: createLines(parts, people, signal),
    limiter: createLimiter(STORES_AT_ONCE),
    isPartner: (person) => holder.keptFor(person) > 0,
    refusedUntil: new Map(),
    repairs: heard,
    repairNews: createRepairNews(parts, people, { roll: journal.roll, claim: claimIn(journal) }, signal),
    known,
    patient: createKnownPieces(parts, people, (person) => (hasLookedAround() ? lostSince(person) : undefined)),
  }
  const own = await openOwnFiles(tools, signal)
  opened.files = own
  const ownGroups = (): readonly OwnGroup[] => [
    ...own.contents().flatMap(({ groups }) => groups),
    ...own.all().flatMap(({ link }) => (link === undefined ? [] : [link])),
  ]
  const news = createOwnNews(tools, (groupId) => own.group(groupId), heard, holder.check, signal)
  const ownCompared = compareOwnGroups(journal, ownGroups, papers.now, { self: network.self, lostSince })
  const sync = await openGroupSync(parts, people, holder.compared, ownCompared)
  opened.sync = sync
  const kept = {
    rolls: holder.rolls,
    descriptorOf: holder.descriptorOf,
    noteLook: (roll: Roll, peer: PeerId, _piece: unknown, look: Look) => holder.noteLook(roll.groupId, peer, look),
  }
  const piecesOf: RepairEvidence['piecesOf'] = (groupId, segmentId) => known.of(holder.roll(groupId), segmentId)
  opened.evidence = { ...createWitnesses(parts, people), piecesOf }
  const checking = createChecking(parts, people, known, [kept, createOwnRolls(tools, ownGroups)])
  const repairs = createLateGuardian({ parts, people, holder, known, checking, checked: kept, sync, lostSince }, late.loadGuardian, signal)
  const leaving = createLateLeaving({ parts, people, holder, known, changes }, late.loadLeaving, signal)
  /** What only a device with files of its own needs. */
  const care = async (): Promise<void> => {
    while (own.contents().length === 0) await changes.next(signal)
    const { careForFiles } = await openLate(
      late.loadCare,
      async (module) => module,
      (ms) => clock.wait(ms, { signal }),
    )
    await careForFiles(tools, own, news, late.loadRecoding, signal)
  }
  for (const work of [care(), sync.run(signal), checking.run(signal), repairs.run(signal), leaving.resume(signal)]) {
    work.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  handleShard(network, clock, holder)
  const { repairing } = repairs
  handleGroup(network, clock, { ...news.inFrontOf({ ...holder, repairing }), beacons: people.beacons.answer, ...sync.answers })
  const addedRelays = await openAddedRelays(parts.catalog)
  const rows = createFileViews({ parts, people, known, rates: createRates(clock), repairs: heard })
  const view = { parts, addedRelays, pace, people, files: own, rows, holder, repairs, leaving, meter, startedAt }

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
    storeFiles: (dropped) => own.store(dropped),
    pause: (id) => own.pause(id),
    resume: (id) => own.resume(id),
    cancel: (id) => own.cancel(id),
    retry: (id) => own.retry(id),
    freeCopy: (id) => own.freeCopy(id),
    remove: (id) => own.remove(id),
    openFile: async (id) => openOwnFile(parts, people, own.get(id), signal),
    keepers: async (id) => viewHolders(own.get(id).content, tools),
    counted: async (id) => reliedPieces(own.get(id).content, tools, clock.now()),
    share: (id) => own.share(id),
    stopSharing: (id) => own.stopSharing(id),
    openLink: (text) => openLink(parts, people, readLink(text)),
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
    recoveryWords: async () => (await keyring.ensure()).words,
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
