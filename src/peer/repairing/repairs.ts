import { compareBytes, hex, type Bytes } from '../../core/bytes.ts'
import { codeOf, HoardError, isDeviceFault } from '../../core/errors.ts'
import { epochAt, rankKey } from '../../core/healing/election.ts'
import { knownOf, repairNeed, URGENT_BUDGET } from '../../core/healing/repair-need.ts'
import type { GroupId, SegmentId } from '../../core/ids.ts'
import { createChanges } from '../../flow/changes.ts'
import { createBucket } from '../../protocol/pace/bucket.ts'
import { createPartnerWatch, lookForLossesMs } from '../checking/partner-watch.ts'
import { createStripeReader } from '../fetching/read-stripes.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import { createLines, type Lines } from '../people/lines.ts'
import type { RollHolder } from '../roll/roll.ts'
import { createRepairNews } from '../roll/tell-repair.ts'
import { doublesAmong, mayAnybodyTake } from './ask-new-holders.ts'
import type { HeardRepairs } from './heard-repairs.ts'
import { prepareRepair } from './prepare-repair.ts'
import { repairSegment, type RepairOutcome } from './repair-segment.ts'
import { counts, type Guardianship, isBelievedThere, type RepairCount, type RepairTools, rowsOf } from './repair-tools.ts'
import { createRefusers } from './refusers.ts'
import { createScanSchedule } from './scan-schedule.ts'
import { openScratch } from './scratch.ts'
import { createShortSegments } from './short-segments.ts'
import { openUnrepairable } from './unrepairable.ts'

/** The guardian of this device: it makes lost pieces of the segments anew of which it keeps one. */
export interface Repairs {
  /** Takes the word of a peer about its own repair. */
  readonly repairing: HeardRepairs['repairing']
  /** What repairs did since the start. */
  facts(): Readonly<RepairCount>
  /** Returns the bytes that repairs which fall to this device have still to fetch and send. Protocol SPEC ADM9. */
  waitingBytes(): number
  /** Does at once what was due while this device slept. */
  wake(): void
  /** Looks after what is kept here until `signal` aborts; not at all where `policy.guardian.enabled` is false. */
  run(signal: AbortSignal): Promise<void>
}

/** What a guardian asks of the rooms beside its own. */
export interface RepairsAsked extends Guardianship {
  /** Returns since when a holder is given up, Unix milliseconds; undefined while it is not. */
  readonly lostSince: (holder: RollHolder) => number | undefined
  /** What others say of their repairs. */
  readonly heard: HeardRepairs
}

/** A repair that goes on. */
interface Running {
  readonly piece: GuardedPiece
  readonly isUrgent: boolean
  readonly ending: AbortController
}

/** Most segments that a guardian repairs at once, since while it waits for one it can send another; and with the one that only an urgent one may add. */
const [AT_ONCE, WITH_URGENT] = [2, 3]
/** Groups that are looked at one after the other before other work has its turn. */
const GROUPS_AT_ONCE = 32
/** Shares of claimMs after which it is said anew that a repair goes on, and after which people are asked again where nobody wanted a piece. */
const [SAY_AGAIN, ASK_AGAIN] = [1 / 2, 1 / 4]

/** Opens the guardian with the scratch of earlier runs. Throws what the outbox and the catalog throw. */
export async function openRepairs(asked: RepairsAsked, closing: AbortSignal): Promise<Repairs> {
  const { parts, people, holder, lostSince, heard } = asked
  const { clock, network, policy, random } = parts
  const { guarded } = holder
  const { enabled, scanMs, rankDelayMs, claimMs, bytesPerSecond } = policy.guardian
  const lines = createLines(parts, people, closing)
  const count: RepairCount = { placed: 0, fetchedBytes: 0, sentBytes: 0 }
  const tools: RepairTools = {
    ...asked,
    guarded,
    count,
    scratch: await openScratch(parts),
    stripes: createStripeReader({ parts, people, lines: countingLines(lines, count), failed: new Map() }, closing),
    budget: createBucket(clock),
    refusers: createRefusers(clock, ASK_AGAIN * claimMs, claimMs),
  }
  const { scratch, budget } = tools
  const unrepairable = await openUnrepairable(parts.catalog)
  const news = createRepairNews(parts, people, guarded, closing)
  const now = (): number => people.papers.now()
  const epoch = (): number => epochAt(now(), scanMs)
  const draw = (): number => random.bytes(4).reduce((sum, byte) => 256 * sum + byte, 0) / 2 ** 32
  const shorts = createShortSegments({ self: network.self, clock, now, draw, scanMs, rankDelayMs, claimMs, heard })
  const partners = createPartnerWatch(network.self, people, policy.presence, lostSince)
  const schedule = createScanSchedule(clock, scanMs, guarded.groups)
  const woken = createChanges()
  const running = new Map<string, Running>()
  /** Segments that wait until a repair ends. */
  const queued = new Map<string, { readonly segmentId: SegmentId; readonly isUrgent: boolean }>()
  /** Segments of which earlier runs have fetched something. */
  let begun = scratch.segments()
  /** Until when this device repairs nothing, since it seems to be cut off; and when it looks again, on the scale of `ran`. */
  let [blamedUntil, partnersAt] = [-Infinity, 0]

  const setBudget = (): void => {
    const isUrgent = [...running.values()].some((each) => each.isUrgent)
    const rate = bytesPerSecond * (isUrgent ? URGENT_BUDGET : 1)
    if (budget.rate !== rate) budget.setRate(rate)
  }
  setBudget()

  /** Tells whether the owner makes the pieces of the segment itself now: it has nothing to fetch. */
  const isOwners = ({ piece: { segmentId, owner }, isUrgent }: Pick<Running, 'piece' | 'isUrgent'>): boolean =>
    owner !== undefined && heard.guardianOf(segmentId, isUrgent ? 'urgent' : 'not urgent') === owner

  /** Looks whether the segment needs a repair, and begins it when it is this device's turn. */
  async function consider({ segmentId }: GuardedPiece, signal: AbortSignal): Promise<void> {
    const name = hex(segmentId)
    const piece = guarded.find(segmentId)
    if (running.has(name)) {
      if (piece === undefined) running.get(name)?.ending.abort(new HoardError('stream-closed', { reason: 'the group has ended' }))
      return
    }
    const code = piece && (await guarded.codeOf(piece))
    const rows = piece ? rowsOf(tools, piece) : []
    const known = knownOf(rows)
    const isBegun = scratch.lengthOf(segmentId) > 0
    const need = code && repairNeed(known, code, isBegun)
    const isOpen = piece !== undefined && need !== undefined && !unrepairable.has(segmentId) && (await guarded.isStored(piece.groupId))
    if (!isOpen || code === undefined) return shorts.forget(segmentId)
    const keepsDouble = doublesAmong(piece, rows)
    const there = rows.filter((row) => counts(row) && isBelievedThere(tools, row.peer) && !keepsDouble(row)).map(({ peer }) => peer)
    const isLast = rows.some((row) => row.peer === network.self && keepsDouble(row))
    const isNew = clock.now() - piece.keptAt < claimMs
    const isOwnerNear = piece.owner !== undefined && people.known(piece.owner)?.isNear === true
    const repairBytes = piece.length * (code.k - 1 + code.n - known.known)
    if (shorts.look({ piece, ...known, isUrgent: need.isUrgent, isNew, there, isLast, isOwnerNear, isBegun, repairBytes }) !== 'now') return
    const isUrgent = shorts.isUrgent(segmentId)
    if (clock.ran() < blamedUntil) return shorts.leave(segmentId, blamedUntil)
    // Where nobody is left who could keep a piece, nobody is asked, checked and told for nothing.
    if (!mayAnybodyTake(tools, piece, rows)) return shorts.leaveAlone(segmentId, clock.ran() + ASK_AGAIN * claimMs)
    if (running.size >= (isUrgent ? WITH_URGENT : AT_ONCE)) {
      queued.set(name, { segmentId, isUrgent })
      return shorts.leave(segmentId, clock.ran() + rankDelayMs)
    }
    void begin(piece, isUrgent, signal)
  }

  async function begin(piece: GuardedPiece, isUrgent: boolean, closed: AbortSignal): Promise<void> {
    const { segmentId } = piece
    const ending = new AbortController()
    const signal = AbortSignal.any([closed, ending.signal])
    const claims: Bytes[] = []
    let saidAt = clock.ran()
    const say = (): void => {
      saidAt = clock.ran()
      void news.say(piece, { is: 'under way', until: Math.floor(now() + claimMs) })
    }
    running.set(hex(segmentId), { piece, isUrgent, ending })
    queued.delete(hex(segmentId))
    setBudget()
    say()
    const isLeft = (): boolean => {
      if (isOwners({ piece, isUrgent })) return true
      const other = heard.guardianOf(segmentId, isUrgent ? 'urgent' : 'not urgent')
      return other !== undefined && compareBytes(rankKey(epoch(), segmentId, other), rankKey(epoch(), segmentId, network.self)) < 0
    }
    const onPlaced = (claim: Bytes): void => {
      claims.push(claim)
      if (clock.ran() - saidAt > SAY_AGAIN * claimMs) say()
    }
    let outcome: RepairOutcome | 'own fault' = 'given up'
    try {
      outcome = await repair(piece, { onPlaced, isLeft }, signal)
    } catch (error) {
      if (closed.aborted) return
      // An error of our own making is thrown on, so that tests see it.
      if (codeOf(error) === undefined) throw error
      if (codeOf(error) === 'storage-full') await scratch.remove(segmentId)
      if (isOwners({ piece, isUrgent })) outcome = 'left'
      // What this device lacks for now, such as its disk, it may have soon.
      else if (isDeviceFault(error)) outcome = 'not wanted'
    } finally {
      running.delete(hex(segmentId))
      setBudget()
    }
    // Whoever hears that it is over looks at once what is missing.
    void news.tellClaims(piece, claims).then(() => news.say(piece, { is: outcome === 'done' ? 'done' : 'given up' }))
    await settle(segmentId, outcome, isUrgent ? claimMs : scanMs)
    woken.tell()
  }

  async function repair(
    piece: GuardedPiece,
    progress: Parameters<typeof repairSegment>[2],
    signal: AbortSignal,
  ): Promise<RepairOutcome | 'own fault'> {
    if ((await prepareRepair(tools, piece, signal)) === 'own fault') return 'own fault'
    if (progress.isLeft()) return 'left'
    const code = await guarded.codeOf(piece)
    // What was just heard and checked may have shown that nothing is missing.
    if (code === undefined || !repairNeed(knownOf(rowsOf(tools, piece)), code, scratch.lengthOf(piece.segmentId) > 0)) return 'done'
    return repairSegment(tools, piece, progress, signal)
  }

  /** Decides when the segment is looked at again: within `mostMs` where nobody wanted a piece. */
  async function settle(segmentId: SegmentId, outcome: RepairOutcome | 'own fault', mostMs: number): Promise<void> {
    if (outcome === 'false') await unrepairable.add(segmentId)
    if (outcome === 'false' || outcome === 'done' || !guarded.isKept(segmentId)) await scratch.remove(segmentId)
    if (outcome === 'own fault') blamedUntil = clock.ran() + claimMs
    if (outcome === 'not wanted') shorts.leaveUnwanted(segmentId, ASK_AGAIN * claimMs, mostMs)
    else shorts.leave(segmentId, outcome === 'given up' ? 'next epoch' : outcome === 'own fault' ? blamedUntil : clock.ran())
    const next = [...queued].toSorted(([, a], [, b]) => Number(b.isUrgent) - Number(a.isUrgent)).slice(0, AT_ONCE)
    for (const [name, other] of next) {
      queued.delete(name)
      shorts.leave(other.segmentId, clock.ran())
    }
  }

  /** Has the groups looked at of people who were just lost, and those of which an earlier run has fetched something. */
  function lookAtPartners(): void {
    if (clock.ran() < partnersAt) return
    partnersAt = clock.ran() + lookForLossesMs(policy.presence)
    const fallen = partners.fallen()
    if (fallen.length > 0) {
      for (const groupId of guarded.groups()) {
        const roll = guarded.roll(groupId)
        if (fallen.some((peer) => roll.has(peer))) schedule.soon(groupId)
      }
    }
    begun = begun.filter((segmentId) => {
      const piece = guarded.find(segmentId)
      if (piece) schedule.soon(piece.groupId)
      return piece === undefined
    })
  }

  async function scan(groupId: GroupId, signal: AbortSignal): Promise<void> {
    partners.note(guarded.roll(groupId))
    for (const piece of guarded.piecesOf(groupId)) await consider(piece, signal)
    for (const { piece } of running.values()) if (guarded.find(piece.segmentId) === undefined) await consider(piece, signal)
    await sweep()
  }

  /** Frees what was fetched of groups that have ended, or too long ago. */
  async function sweep(): Promise<void> {
    await scratch.sweep({ isWanted: guarded.isKept, isInUse: (segmentId) => running.has(hex(segmentId)) })
  }

  return {
    repairing: heard.repairing,
    facts: () => ({ ...count }),
    waitingBytes: shorts.waitingBytes,
    wake() {
      partnersAt = 0
      woken.tell()
    },
    async run(signal) {
      if (!enabled) return
      const stops = [
        holder.compared.watch((groupId) => {
          schedule.soon(groupId)
          woken.tell()
        }),
        heard.watch((segmentId) => {
          const repair = running.get(hex(segmentId))
          if (repair && isOwners(repair)) repair.ending.abort(new HoardError('stream-closed', { reason: 'left to the owner' }))
          shorts.hurry(segmentId)
          woken.tell()
        }),
      ]
      try {
        await sweep()
        while (!signal.aborted) {
          lookAtPartners()
          for (const groupId of schedule.take(GROUPS_AT_ONCE)) await scan(groupId, signal)
          for (const piece of shorts.due()) await consider(piece, signal)
          const rest = Math.min(schedule.restMs(), Math.min(shorts.nextAt(), partnersAt) - clock.ran())
          await woken.nextWithin(clock, Math.max(1, Math.ceil(rest)), signal)
        }
      } finally {
        for (const stop of stops) stop()
      }
    },
  }
}

/** Returns the lines, whose bytes are counted as they come. */
function countingLines(lines: Lines, count: RepairCount): Pick<Lines, 'to' | 'drop'> {
  return {
    drop: lines.drop,
    async to(peer) {
      const line = await lines.to(peer)
      return {
        ...line,
        read: (wanted, onBytes) =>
          line.read(wanted, (bytes) => {
            count.fetchedBytes += bytes
            onBytes?.(bytes)
          }),
      }
    },
  }
}
