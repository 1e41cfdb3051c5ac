import { hex } from '../../core/bytes.ts'
import type { ShardId, PeerId } from '../../core/ids.ts'
import type { Policy } from '../../core/policy.ts'
import { refused } from '../../protocol/refusal.ts'
import { createBrought } from './brought.ts'
import type { KeptClaims } from './keeping/kept-claims.ts'
import type { KeptGroups } from './keeping/kept-groups.ts'
import type { KeptLogs } from './logs/kept-logs.ts'
import { createLedger } from './keeping/ledger.ts'
import { bookedFor, type KeptShard, type KeptShards } from './keeping/kept-shards.ts'
import type { ShardDisk } from './keeping/shard-disk.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PaperTime } from '../people/paper-clock.ts'
import { countedBytes, newcomersAllowance, standsSince } from './admitting/allowance.ts'

/** The space that this device lends. */
export interface Offer {
  readonly isOn: boolean
  readonly offerBytes: number
  /** Since when it stands, Unix milliseconds; where nothing says so it stands for long. */
  readonly since?: number
}

/** Room kept free for a shard that is on its way. */
export interface Reservation {
  /** Tells that the shard has its slot: from now on the disk counts it. */
  spend(): void
  /** Gives back the part that was not spent. The draft stays booked on its peer until `forgetDraft`. */
  release(): void
}

/** A shard that a repair brings. */
type Piece = Pick<KeptShard, 'segmentId' | 'index' | 'shardId' | 'length'>

/** A half-done shard. */
interface Draft {
  readonly peer: PeerId
  /** Bytes booked on the peer: none for a repair. */
  readonly bytes: number
  /** The name of the piece that a repair brings. */
  readonly brings?: string
}

/** The lent space: its use, the bytes booked on each peer, and the room left. Sizes in bytes. */
export interface Space {
  offer(): Offer
  setOffer(offer: Offer): void
  /** The bytes of the offer that count. SPEC ADM7. */
  countedBytes(): number
  /** Bytes of shards on disk, reservations, and all records about shards. */
  usedBytes(): number
  /** The records among these: rows, papers and claims. */
  paperBytes(): number
  /** Room for stores: a tenth of the offer is left to repairs. 0 while the offer is off. SPEC REP7. */
  roomBytes(): number
  /**
   * Keeps room free for a shard of `length` bytes that `peer` places.
   * @throws HoardError 'holder-refused' QUOTA | FULL
   * Source: protocol SPEC.md ADM4, ADM5.
   */
  reserve(peer: PeerId, shardId: ShardId, length: number): Promise<Reservation>
  /**
   * Keeps room free for a shard that a guardian brings: it is booked on nobody, and counts towards what guardians may bring in a day.
   * @throws HoardError 'holder-refused' QUOTA | FULL
   * Source: protocol SPEC.md REP7.
   */
  reserveRepair(guardian: PeerId, row: Piece): Promise<Reservation>
  /** Throws QUOTA when a shard is more than what the guardian, or all of them, may bring in a day. */
  checkRepair(guardian: PeerId, row: Piece): void
  /** Counts a shard that a guardian brings and whose bytes are here already. Throws like `checkRepair`. */
  noteRepair(guardian: PeerId, row: Piece): void
  /** Throws QUOTA when `peer` may not place another shard of `length` bytes, even if its bytes are here already. */
  checkQuota(peer: PeerId, length: number): void
  /**
   * Throws QUOTA when `peer` may not add `bytes` of claims to groups of which it placed something or, with `told`, to groups of others;
   * FULL when no peer may.
   */
  checkClaims(peer: PeerId, bytes: number, group: 'placed' | 'told'): void
  /** Tells whether the peer keeps nothing for this device. */
  isNewcomer(peer: PeerId): boolean
  /** Returns the peer that began the draft; undefined when this device does not remember it. */
  beganBy(shardId: ShardId): PeerId | undefined
  /** Tells whether a repair began the draft. */
  isRepair(shardId: ShardId): boolean
  /** Notes that the draft is gone, or became a row, which is booked by itself. */
  forgetDraft(shardId: ShardId): void
  /** Notes that the disk is full: there is no room left until `setOffer`. */
  noteDiskFull(): void
  isDiskFull(): boolean
}

/**
 * One of so many parts of the offer is closed to stores; and one of so many of the room is what one guardian, and all together, may bring in
 * a day. SPEC REP7.
 */
const [PARTS_OF_OFFER, PARTS_FOR_ONE, PARTS_FOR_ALL] = [10, 8, 2]
/** Bytes of claims that one peer, and all peers together, may have kept here for groups of which they placed nothing. SPEC GRO7. */
const [TOLD_BY_ONE_BYTES, TOLD_IN_ALL_BYTES] = [256 * 1024, 16 * 1024 * 1024]

/** Least time by which the begin of an offer is moved. SPEC ADM8. */
const DAY_MS = 86_400_000

/** Bytes beyond the offer that claims may use, so that the last shards that fit it still get theirs. SPEC GRO7. */
const BEYOND_OFFER_BYTES = 4 * 1024 * 1024

/** Ways to make room; each frees what it can until `isEnough`. */
export interface MakingRoom {
  /** Removes half-done shards that nobody is sending, those of least progress first. */
  freeDrafts(isEnough: () => boolean): Promise<void>
  /** Does the same, then removes orphans, shards of groups that are over, and surplus. Asks others meanwhile, for half a minute at most. */
  makeRoom(isEnough: () => boolean): Promise<void>
}

/** Returns the space of a holder with everything that is kept booked. */
export function createSpace(parts: {
  readonly clock: Pick<Clock, 'ran'>
  readonly papers: PaperTime
  /** Returns the bytes per second at which this device could send again what it keeps. SPEC ADM7. */
  readonly resendRate: () => number
  readonly shardDisk: ShardDisk
  readonly keptShards: KeptShards
  readonly groups: KeptGroups
  readonly claims: KeptClaims
  readonly logs: Pick<KeptLogs, 'booked' | 'recordBytes'>
  readonly policy: Policy
  readonly offer: Offer
  readonly allowance?: 'whole-offer' | undefined
  /** Returns the bytes of this device's own files that each peer keeps, by what was found out lately. SPEC ADM4. */
  readonly keepsForMe: () => ReadonlyMap<string, number>
  readonly making: MakingRoom
  /** Called when the offer counts as standing since a later time, at most once a day. SPEC ADM8. */
  readonly noteSince?: ((since: number) => void) | undefined
}): Space {
  const { shardDisk, keptShards, groups, claims, logs, policy, allowance, keepsForMe, making, papers, resendRate, noteSince } = parts
  let offer = parts.offer
  let isDiskFull = false
  let reservedBytes = 0
  const draftByShard = new Map<string, Draft>()
  const drafts = createLedger()
  const brought = createBrought(parts.clock)
  const ledgers = [drafts, keptShards.booked, groups.booked, claims.placed, claims.told, logs.booked]

  const counted = (): number => countedBytes(offer.offerBytes, resendRate())
  const bookedOn = (peer: PeerId): number => ledgers.reduce((sum, ledger) => sum + ledger.of(peer), 0)

  /** Subtracts the few peers that keep something for this device: strangers cannot raise their number. */
  function bookedOnNewcomers(): number {
    let bytes = ledgers.reduce((sum, ledger) => sum + ledger.total(), 0)
    for (const [peer, kept] of keepsForMe()) if (kept > 0) bytes -= bookedOn(peer as PeerId)
    return bytes
  }

  const isNewcomer = (peer: PeerId): boolean => (keepsForMe().get(peer) ?? 0) === 0

  /** A share that nobody used for long would be open to a flood of names all at once. */
  function moveSince(): void {
    const since = standsSince(counted(), bookedOnNewcomers(), policy.ledger.newcomersShare, papers.passed())
    if (since - (offer.since ?? 0) < DAY_MS) return
    offer = { ...offer, since: Math.floor(since) }
    noteSince?.(Math.floor(since))
  }

  function mayHave(peer: PeerId, more: number): boolean {
    if (allowance === 'whole-offer') return true
    if (isNewcomer(peer)) moveSince()
    const { one, all } = newcomersAllowance(counted(), policy.ledger, offer.since === undefined ? Infinity : papers.passed() - offer.since)
    if (bookedOn(peer) + more > one + 2 * (keepsForMe().get(peer) ?? 0)) return false
    return !isNewcomer(peer) || bookedOnNewcomers() + more <= all
  }

  const bookingOf = (length: number): number => bookedFor(shardDisk.sizeOnDisk(length), 0)
  function checkQuota(peer: PeerId, length: number): void {
    if (!mayHave(peer, bookingOf(length))) throw refused('QUOTA')
  }

  const paperBytes = (): number => keptShards.recordBytes() + groups.recordBytes() + claims.recordBytes() + logs.recordBytes()
  const usedBytes = (): number => shardDisk.usedBytes() + reservedBytes + paperBytes()
  const roomWithin = (bytes: number): number => (offer.isOn && !isDiskFull ? Math.max(0, bytes - usedBytes()) : 0)
  const roomBytes = (): number => roomWithin(counted() - Math.ceil(counted() / PARTS_OF_OFFER))
  const roomForRepairs = (): number => roomWithin(counted())

  /** Throws QUOTA when the guardian, or all of them, would bring more in a day than their part of the room that there is without it. */
  function checkBrought(guardian: PeerId, row: Piece): void {
    if (allowance === 'whole-offer') return
    const known = brought.ofPiece(guardian, nameOf(row))
    const isTooMuch = (before: number, counted: number, parts: number): boolean =>
      (before - counted + bookingOf(row.length)) * parts > roomForRepairs() + before
    const isTooMuchForOne = isTooMuch(brought.of(guardian), known.own, PARTS_FOR_ONE)
    if (isTooMuchForOne || isTooMuch(brought.all(), known.all, PARTS_FOR_ALL)) throw refused('QUOTA')
  }

  function bookDraft(name: string, draft: Draft): void {
    draftByShard.set(name, draft)
    drafts.book(draft.peer, draft.bytes)
  }

  function forgetDraft(name: string): void {
    const draft = draftByShard.get(name)
    if (!draft) return
    draftByShard.delete(name)
    drafts.book(draft.peer, -draft.bytes)
  }

  /** Reserves the bytes of a draft that are not on disk yet, in a room that holds them, once `check` lets it in. */
  async function reserve(
    draft: Draft,
    { shardId, length }: Pick<KeptShard, 'shardId' | 'length'>,
    room: () => number,
    {
      prepare,
      check,
      onReserved,
    }: { readonly prepare?: () => Promise<void>; readonly check: () => void; readonly onReserved?: () => void },
  ): Promise<Reservation> {
    if (!offer.isOn) throw refused('FULL')
    const name = hex(shardId)
    const missing = shardDisk.find(shardId) ? 0 : shardDisk.sizeOnDisk(length)
    // A draft that goes on is not counted against its own peer twice.
    const before = draftByShard.get(name)
    forgetDraft(name)
    try {
      await prepare?.()
      check()
      if (room() < missing && !isDiskFull) await making.makeRoom(() => room() >= missing)
      if (room() < missing) throw refused('FULL')
      // Others may have been let in while room was made.
      check()
    } catch (error) {
      if (before) bookDraft(name, before)
      throw error
    }
    bookDraft(name, draft)
    onReserved?.()
    let left = missing
    reservedBytes += missing
    const spend = (): void => {
      reservedBytes -= left
      left = 0
    }
    return { spend, release: spend }
  }

  return {
    offer: () => offer,
    setOffer: (next) => {
      offer = next
      isDiskFull = false
    },
    countedBytes: counted,
    usedBytes,
    paperBytes,
    roomBytes,
    checkQuota,
    checkClaims: (peer, bytes, group) => {
      const isTooMuch =
        group === 'told' && (claims.told.of(peer) + bytes > TOLD_BY_ONE_BYTES || claims.told.total() + bytes > TOLD_IN_ALL_BYTES)
      if (isTooMuch || !mayHave(peer, bytes)) throw refused('QUOTA')
      if (bytes > 0 && usedBytes() + bytes > offer.offerBytes + BEYOND_OFFER_BYTES) throw refused('FULL')
    },
    isNewcomer,
    reserve: (peer, shardId, length) => {
      const bytes = bookingOf(length)
      const prepare = async (): Promise<void> => {
        if (!mayHave(peer, bytes)) await making.freeDrafts(() => mayHave(peer, bytes))
      }
      return reserve({ peer, bytes }, { shardId, length }, roomBytes, { prepare, check: () => checkQuota(peer, length) })
    },
    reserveRepair: (guardian, row) => {
      const check = (): void => checkBrought(guardian, row)
      const onReserved = (): void => brought.note(guardian, nameOf(row), bookingOf(row.length))
      return reserve({ peer: guardian, bytes: 0, brings: nameOf(row) }, row, roomForRepairs, { check, onReserved })
    },
    checkRepair: checkBrought,
    noteRepair: (guardian, row) => {
      checkBrought(guardian, row)
      brought.note(guardian, nameOf(row), bookingOf(row.length))
    },
    beganBy: (shardId) => draftByShard.get(hex(shardId))?.peer,
    isRepair: (shardId) => draftByShard.get(hex(shardId))?.brings !== undefined,
    forgetDraft(shardId) {
      const draft = draftByShard.get(hex(shardId))
      if (draft?.brings !== undefined && keptShards.ofShard(shardId).length === 0) brought.noteGone(draft.peer, draft.brings)
      forgetDraft(hex(shardId))
    },
    noteDiskFull: () => {
      isDiskFull = true
    },
    isDiskFull: () => isDiskFull,
  }
}

/** Returns the name of a piece among those that a guardian brought. */
function nameOf({ segmentId, index }: Piece): string {
  return `${hex(segmentId)}/${index}`
}
