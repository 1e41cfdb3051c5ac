import { hex, type Bytes } from '../../core/bytes.ts'
import { HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { ConfirmedTime } from '../people/paper-clock.ts'
import { type GroupHost } from '../../protocol/group.ts'
import type { ShardHost } from '../../protocol/shard-messages.ts'
import { createAdmission } from './admitting/admission.ts'
import { createEndings } from './admitting/endings.ts'
import { createRepairAdmission } from './admitting/admit-repair.ts'
import { createChanges } from '../../flow/changes.ts'
import { createAnnouncing } from './announce-groups.ts'
import { openKeptClaims } from './keeping/kept-claims.ts'
import { createKeptRolls, type KeptRolls } from './kept-rolls.ts'
import { openKeptGroups } from './keeping/kept-groups.ts'
import { createKeptState, type HolderState } from './keeping/keep-shards.ts'
import { createFreeingSurplus } from './free-surplus.ts'
import { createNews } from './group-news.ts'
import { createMakingRoom } from './make-room.ts'
import { createRevival } from './revive-orphans.ts'
import { createServing } from './serve-shards.ts'
import { createLogAnswers } from './logs/answer-logs.ts'
import { openKeptLogs } from './logs/kept-logs.ts'
import { openKeptShards } from './keeping/kept-shards.ts'
import { createSpace, type Offer } from './space.ts'
import { openShardDisk } from './keeping/shard-disk.ts'
import { createSweep } from './sweep.ts'
import { createClaimTaking } from './take-claims.ts'
import { createTurn } from '../../flow/turns.ts'
import { createWork } from './work.ts'
import type { GroupId, PeerId, SegmentId } from '../../core/ids.ts'
import type { CheckedClaim } from '../../core/claim.ts'
import type { ComparedGroups } from '../roll/compared-groups.ts'
import type { Look, Roll, RollHolder } from '../roll/roll.ts'
import type { RepairEvidence } from '../roll/testimony.ts'
import { createComparedGroups } from './compared-groups.ts'

/** The ports and settings of a holder. */
export interface HolderParts extends Pick<
  PeerParts,
  'network' | 'directory' | 'shards' | 'catalog' | 'coder' | 'signer' | 'clock' | 'random' | 'policy'
> {
  /** The time by which papers are dated and judged; the clock's when absent. */
  readonly papers?: ConfirmedTime | undefined
  readonly offer: Offer
  /** Called when the offer counts as standing since a later time, Unix milliseconds. SPEC ADM8. */
  readonly noteSince?: ((since: number) => void) | undefined
  /** Set in the practice swarm: one stranger may use the whole offer. */
  readonly allowance?: 'whole-offer' | undefined
  /** Returns the bytes per second at which this device could send again what it keeps; those of the policy when absent. SPEC ADM7. */
  readonly resendRate?: (() => number) | undefined
  /** Returns the bytes that this device's own repairs have still to fetch and send; none when absent. SPEC ADM9. */
  readonly waitingBytes?: (() => number) | undefined
  /** Returns the bytes of this device's own files that each peer keeps, by checks; none when absent. Called often, so it must be cheap. */
  readonly keepsForMe?: (() => ReadonlyMap<string, number>) | undefined
  /** Returns since when a holder of a group is given up, Unix milliseconds; nobody is when absent. */
  readonly lostSince?: ((holder: RollHolder) => number | undefined) | undefined
  /** Tells whether pieces of a group may be served and claimed; all of them may when absent. SPEC SYN6. */
  readonly isServable?: ((groupId: GroupId) => boolean) | undefined
  /** Returns what repairs are judged by, undefined while this device is starting; without it no repair is admitted. SPEC REP4, REP5. */
  readonly evidence?: (() => RepairEvidence | undefined) | undefined
}

/** One shard kept for others, as `/status` shows it. Ids in hexadecimal, `until` in Unix milliseconds. */
export interface KeptView {
  readonly groupId: string
  readonly segmentId: string
  readonly index: number
  readonly bytes: number
  readonly until: number
}

/** The state of a holder. Sizes in bytes. */
export interface HolderFacts {
  readonly isOn: boolean
  readonly offerBytes: number
  /** The bytes of the offer that count. SPEC ADM7. */
  readonly countedBytes: number
  /** Bytes on disk and reserved, with trash, drafts and all records about shards. */
  readonly usedBytes: number
  /** The records about shards among these: descriptors, papers and claims. */
  readonly paperBytes: number
  readonly roomBytes: number
  readonly pieces: number
  /** Number of devices that placed a kept shard. */
  readonly owners: number
  /** 16 random bytes, replaced whenever a kept shard is lost. */
  readonly storeEpoch: Bytes
  /** The disk ran full since the last offer: there is no room until the next one. */
  readonly isDiskFull: boolean
  /** Number of signatures of others checked since the start. */
  readonly checks: number
}

/** The holder's side of a peer: hand it to `handleShard` and `handleGroup`. */
export interface Holder extends ShardHost, GroupHost, KeptRolls {
  facts(): HolderFacts
  /** Bytes on disk and reserved. */
  used(): number
  kept(): readonly KeptView[]
  /** Returns who keeps the segments of a group of which pieces are kept here. It is changed by the holder alone. */
  roll(groupId: GroupId): Roll
  /** Notes what a look at a piece of `holder` found. SPEC GRO4. */
  noteLook(groupId: GroupId, holder: PeerId, look: Look): Promise<void>
  /** Takes a claim that `teller` told, of which a piece was just looked at and found right. Throws HoardError 'holder-refused'. SPEC GRO4. */
  takeChecked(teller: PeerId, claim: CheckedClaim, look: Look): Promise<void>
  /** Returns what `verify` returns, and counts a signature check that `peer` causes. Throws HoardError 'holder-refused' RATE. SPEC WRK1. */
  check<T>(peer: PeerId, verify: () => T): T
  /** The groups of which something is kept, to be compared with what others know of them. */
  readonly compared: ComparedGroups
  /** Bytes kept that `peer` placed. */
  keptFor(peer: PeerId): number
  /** Gives up the piece of a segment that somebody else keeps now. Throws what the catalog throws. SPEC KEE7. */
  giveUp(segmentId: SegmentId): Promise<void>
  /** Lends so much from now on; kept shards stay. Not remembered over a restart, which begins with `HolderParts.offer`. */
  setOffer(offer: Offer): void
  /** Calls `listener` after every change of `facts` and `kept`; returns how to stop. */
  watch(listener: () => void): () => void
  /** Frees everything that is due now; the holder also does so by itself, at least every hour. */
  sweep(): Promise<void>
  /** Stops sweeping. Streams under way end with the network. */
  close(): void
}

/** Period of sweeping; and for how long repairs may wait while new pieces are taken. SPEC KEE3, ADM9. */
const [SWEEP_MS, BUSY_SECONDS] = [3_600_000, 86_400]

/**
 * Returns a holder over its disk and catalog. Rows whose shard is gone are declared lost, which changes the store epoch; shards without a
 * row stay as orphans that their group may revive.
 * @throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable'
 * Source: protocol SPEC.md KEE.
 */
export async function createHolder(parts: HolderParts): Promise<Holder> {
  const { network, directory, shards, catalog, coder, signer, clock, random, policy, allowance, keepsForMe = () => new Map() } = parts
  const { evidence, isServable = () => true, waitingBytes, resendRate = () => policy.guardian.bytesPerSecond } = parts
  const shardDisk = await openShardDisk(shards, clock)
  const keptShards = await openKeptShards(catalog, shardDisk.sizeOnDisk)
  const groups = await openKeptGroups(catalog)
  const claims = await openKeptClaims(catalog, clock.now(), (segmentId) => keptShards.find(segmentId) !== undefined)
  const logs = await openKeptLogs(catalog, (name) => groups.factsOf(name)?.bookedOn)
  const now = (): number => clock.now()
  const papers = parts.papers ?? { now, passed: now, confirmed: now }
  const state: HolderState = { catalog, signer, clock, papers, random, shardDisk, keptShards, groups, claims }
  const work = createWork(clock, (peer) => keptShards.bookOf(peer).rows)
  const announcing = createAnnouncing(state, { directory, network, policy })
  const { compared, tell: groupChanged } = createComparedGroups(state, logs, () => ({ ...news, ...answers }))
  const { scanMs } = policy.guardian
  const keptState = await createKeptState(state, scanMs, (groupId) => {
    if (keptShards.ofGroup(groupId).length > 0) announcing.soon(groupId)
    groupChanged(groupId)
  })
  const keptRolls = createKeptRolls(state, isServable)
  const inTurn = createTurn()
  const stopping = new AbortController()
  const { signal } = stopping
  // Told through `changes`, so that a listener that throws does not fail a STORE.
  const changes = createChanges()
  const changed = (): void => changes.tell()

  const sweeping = createSweep({
    state,
    logs,
    keptState,
    trashMs: policy.trash.holderMs,
    space: () => space,
    isUnderWay: (shardName) => admissions.isUnderWay(shardName),
    tellingMs: scanMs,
  })
  const making = createMakingRoom({
    network,
    state,
    keptState,
    sweeping,
    isServable,
    told: (peer, given) => news.told(peer, given),
    freeSurplus: createFreeingSurplus({ state, keptState, guarded: keptRolls.guarded, evidence, policy }),
    inTurn,
    signal,
  })
  const space = createSpace({
    ...state,
    logs,
    policy,
    resendRate,
    offer: parts.offer,
    allowance,
    keepsForMe,
    making,
    noteSince: parts.noteSince,
  })
  const endings = createEndings()
  const isBusyRepairing = (): boolean => (waitingBytes?.() ?? 0) > BUSY_SECONDS * resendRate()
  const admissions = createAdmission({ state, keptState, space, work, coder, endings, isServable, isBusyRepairing, inTurn, changed })
  const revive = createRevival({ network, coder, state, keptState, inTurn, signal, changed })
  const serving = createServing({ state, keptState, isServable, inTurn, changed })
  const taking = createClaimTaking(state, space, parts.lostSince ?? (() => undefined), groupChanged)
  const news = createNews({
    state,
    keptState,
    space,
    taking,
    work,
    inTurn,
    changed,
    endings,
    isUnderWay: admissions.isUnderWay,
    onOrphanNews: (peer, groupId) => void revive(peer, groupId),
  })
  const answers = createLogAnswers({ state, logs, space, work, isServable, inTurn, groupChanged, changed })
  const admitRepair =
    evidence && createRepairAdmission({ state, space, work, admissions, endings, taking, told: news.told, evidence, signal })

  async function sweep(): Promise<void> {
    await inTurn(() => sweeping.sweep())
    changed()
  }

  async function sweepOnAndOn(): Promise<void> {
    const period = Math.max(1000, Math.min(SWEEP_MS, policy.trash.holderMs / 4))
    while (!signal.aborted) {
      await clock.wait(period, { signal })
      await sweep().catch(ignoreKnownErrors)
    }
  }

  // A disk that is full or away now may work in an hour; peers that store or fetch meanwhile get the error themselves.
  await keptState.declareLost(keptShards.all().filter(({ shardId }) => !shardDisk.find(shardId)?.isWhole)).catch(ignoreKnownErrors)
  await sweep().catch(ignoreKnownErrors)
  for (const work of [sweepOnAndOn(), announcing.run(signal)]) {
    work.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }

  return {
    ...keptRolls,
    ...serving,
    ...news,
    ...answers,
    admit: async (peer, request) => {
      if (signal.aborted) throw new HoardError('stream-closed', { reason: 'the holder stops' })
      return admissions.admit(peer, request)
    },
    ...(admitRepair && { admitRepair }),
    facts: () => ({
      ...space.offer(),
      countedBytes: space.countedBytes(),
      usedBytes: space.usedBytes(),
      paperBytes: space.paperBytes(),
      roomBytes: space.roomBytes(),
      pieces: keptShards.live(),
      owners: keptShards.placers(),
      storeEpoch: keptState.storeEpoch(),
      isDiskFull: space.isDiskFull(),
      checks: work.checks(),
    }),
    used: () => space.usedBytes(),
    kept: () =>
      keptShards
        .all()
        .filter(({ trashedAt }) => trashedAt === undefined)
        .map(({ groupId, segmentId, index, length }) => ({
          groupId: hex(groupId),
          segmentId: hex(segmentId),
          index,
          bytes: length,
          until: groups.facts(groupId)?.until ?? 0,
        })),
    check: work.check,
    roll: (groupId) => claims.roll(groupId),
    noteLook: async (groupId, holder, look) => {
      await inTurn(() => claims.noteLook(groupId, holder, look))
      changed()
    },
    takeChecked: async (teller, claim, look) => {
      await inTurn(() => taking.takeChecked(teller, claim, look))
      changed()
    },
    compared,
    keptFor: (peer) => keptShards.bookOf(peer).bytes,
    giveUp: async (segmentId) => {
      await inTurn(async () => {
        const row = keptShards.find(segmentId)
        if (row) await keptState.giveUp(row)
      })
      changed()
    },
    setOffer: (offer) => {
      space.setOffer(offer)
      changed()
      // A person who lends less wants the disk back.
      void shardDisk.compact().catch(ignoreKnownErrors)
    },
    watch: (listener) => changes.watch(listener),
    sweep,
    close: () => stopping.abort(),
  }
}
