import { objectFormat, uint } from '../../core/encoding.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { Policy } from '../../core/policy.ts'
import { createChanges } from '../../flow/changes.ts'
import { createLimiter } from '../../flow/limiter.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import type { SyncHost } from '../../protocol/sync-messages.ts'
import type { People } from '../people/people.ts'
import { createCompareAnswers } from './compare-answers.ts'
import { type ComparedGroups, createChangedGroups, joinGroups } from './compared-groups.ts'
import { createNewsExchange } from './exchange-news.ts'
import { createKnownDigests } from './known-digests.ts'
import { createReturnedGroups } from './returned-groups.ts'

/** Keeps what this device knows of its groups the same as what others know. */
export interface GroupSync {
  /** The answers to COMPARE and SUMS. */
  readonly answers: Pick<SyncHost, 'compare' | 'sums'>
  /** Tells whether pieces of the group may be served, claimed and repaired: not while this device, back after long, may have missed its end. */
  isServable(groupId: GroupId): boolean
  /** Compares one group with `peer` now and takes the news; resolves with whether it answered. Throws `signal.reason`. */
  ask(peer: PeerId, groupId: GroupId, signal: AbortSignal): Promise<boolean>
  /** Compares with everybody near at once: this device woke, or its network came back. */
  wake(): void
  /** Goes on until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** The parts of a peer that sync is made of. */
export interface SyncParts {
  readonly network: Network
  readonly clock: Clock
  readonly catalog: Catalog
  readonly random: Random
  readonly policy: Policy
}

/** Peers with which news are exchanged side by side. */
const EXCHANGES_AT_ONCE = 4
/** A group is compared once nothing of it has changed for so long at least: a store changes its group with every piece. */
const QUIET_MS = 30_000
/** Wait after an exchange that failed. */
const RETRY_MS = 60_000
/** Wait after RATE: meanwhile a peer answers for another 1,200 groups. SPEC SYN3. */
const RATE_MS = 300_000
/** Time between two rounds of asking co-holders, while returned groups are not served, and afterwards. */
const [ROUND_MS, LATER_ROUND_MS] = [5_000, 600_000]
/** Co-holders asked in one round. */
const ASKED_IN_A_ROUND = 4
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Peers of which it is remembered when they were asked. */
const PEERS_AT_MOST = 2_000

const NEAR_AT = 'near-at'
const nearAtFormat = objectFormat('near-at', 16, { at: uint() })

/**
 * Returns the sync of a device over its catalog, which knows when somebody was last near: after longer than a quarter of
 * `presence.lostAfterMs` the groups that it keeps count as returned.
 * @param kept the groups of which pieces are kept here
 * @param own the groups of this owner: they are compared as well, and nobody is answered about them, since that would name their owner
 * @throws HoardError 'storage-damaged' | 'storage-unavailable'
 * Source: protocol SPEC.md SYN2, SYN6, SYN7, SYN8.
 */
export async function openGroupSync(
  parts: SyncParts,
  people: Pick<People, 'near' | 'known' | 'isReachable' | 'changes'>,
  kept: ComparedGroups,
  own: ComparedGroups,
): Promise<GroupSync> {
  const { network, clock, catalog, random, policy } = parts
  const groups = joinGroups(kept, own)
  const { scanMs } = policy.guardian
  const awayMs = policy.presence.lostAfterMs / 4
  const noteMs = Math.max(1000, Math.min(HOUR_MS, awayMs / 4))
  const [quietMs, latestMs] = [Math.min(QUIET_MS, scanMs / 4), scanMs / 4]
  const digestsOf = createKnownDigests(groups.of)
  const exchange = createNewsExchange(parts, people, groups, digestsOf, kept.isKnown)
  const limiter = createLimiter(EXCHANGES_AT_ONCE)
  const returned = createReturnedGroups(clock, (groupId) =>
    kept
      .roll(groupId)
      .holders()
      .filter((holder) => holder !== network.self),
  )
  const woken = createChanges()
  const busy = new Set<PeerId>()
  /** When each peer is compared with next, and those that do not know COMPARE, on the scale of `ran`. */
  const [dueAt, notSpokenUntil] = [new Map<PeerId, number>(), new Map<PeerId, number>()]
  const changed = createChangedGroups(clock, random, { quietMs, latestMs })
  /** When co-holders of returned groups were asked, and when the next ones are. */
  const askedAt = new Map<PeerId, number>()
  let roundAt = -Infinity

  const noted = await catalog.get('self', NEAR_AT)
  let writtenAt = noted === undefined ? 0 : nearAtFormat.decode(noted).at
  let nearAt = writtenAt
  beginReturn()
  nearAt = clock.now()

  /** Whether kept groups waited at the last look: once none does, everybody near is compared with about all. */
  let isReturning = false
  /** Whether nobody was near since the last look, or this device slept. A slow machine alone is no absence. */
  let wasAlone = false

  function beginReturn(): void {
    if (Math.abs(clock.now() - nearAt) <= awayMs) return
    returned.begin(kept.all())
    dueAt.clear()
    askedAt.clear()
    roundAt = -Infinity
  }

  /** Notes that somebody is near, and begins anew after nobody was for long. */
  async function noteNear(): Promise<void> {
    if (wasAlone) beginReturn()
    wasAlone = false
    nearAt = clock.now()
    if (Math.abs(nearAt - writtenAt) < noteMs) return
    writtenAt = nearAt
    // A disk that is full or away now costs a comparison at the next start.
    await catalog.commit([{ table: 'self', key: NEAR_AT, value: nearAtFormat.encode({ at: nearAt }) }]).catch(ignoreKnownErrors)
  }

  const isSpoken = (peer: PeerId): boolean => clock.ran() >= (notSpokenUntil.get(peer) ?? -Infinity)
  const isNear = (peer: PeerId): boolean => people.known(peer)?.isNear === true
  const sharedWith = (peer: PeerId, among: readonly GroupId[]): readonly GroupId[] =>
    among.filter((groupId) => groups.has(groupId, peer) && returned.hasTurn(groupId))

  /** Compares with `peer` those of `among` that it keeps pieces of. Of all groups that both sides keep there are sums. */
  function compareWith(peer: PeerId, among: readonly GroupId[], signal: AbortSignal, how: 'with' | 'withAll' = 'with'): void {
    const shared = sharedWith(peer, among)
    if (shared.length === 0 || busy.has(peer) || !isSpoken(peer)) return
    busy.add(peer)
    limiter
      .run(() => exchange[how](peer, shared, signal), signal)
      .then(
        (outcome) => {
          if (outcome !== 'not spoken') {
            returned.noteCompared(outcome.settled)
            returned.noteUnknown(peer, outcome.unknown)
            if (outcome.isCutShort) rest(peer)
          }
          // A connection that broke says nothing about what its far side speaks.
          else if (isNear(peer)) remember(notSpokenUntil, peer, clock.ran() + DAY_MS, clock.ran())
        },
        (error: unknown) => {
          if (signal.aborted) return
          ignoreKnownErrors(error)
          if (refusalOf(error) === 'RATE') return rest(peer)
          remember(dueAt, peer, clock.ran() + Math.min(RETRY_MS, latestMs), clock.ran())
        },
      )
      .finally(() => {
        busy.delete(peer)
        woken.tell()
      })
  }

  /** Leaves a peer alone that has said RATE, until it answers for more. */
  function rest(peer: PeerId): void {
    const until = clock.ran() + Math.min(RATE_MS, latestMs)
    remember(notSpokenUntil, peer, until, clock.ran())
    remember(dueAt, peer, until, clock.ran())
  }

  function compareWithDue(near: readonly PeerId[], signal: AbortSignal): void {
    const due = near.filter((peer) => (dueAt.get(peer) ?? -Infinity) <= clock.ran() && !busy.has(peer))
    if (due.length === 0) return
    // While kept groups wait, rows about them come first: there are no sums of a part of them.
    const all = returned.isOver() ? groups.all() : groups.all().filter((groupId) => !kept.isKnown(groupId) || returned.isWaiting(groupId))
    for (const peer of due) {
      remember(dueAt, peer, clock.ran() + scanMs, clock.ran())
      compareWith(peer, all, signal, returned.isOver() ? 'withAll' : 'with')
    }
  }

  function compareChanged(near: readonly PeerId[], signal: AbortSignal): void {
    if (changed.dueAt() > clock.ran()) return
    const openWith = changed.take()
    for (const peer of near) {
      if (busy.has(peer)) dueAt.delete(peer)
      else compareWith(peer, openWith(peer), signal)
    }
  }

  /** Asks those co-holders who keep most of the returned groups, near or not. */
  function askAround(near: ReadonlySet<PeerId>, signal: AbortSignal): void {
    const due = returned.due()
    if (due.length === 0 || clock.ran() < roundAt) return
    roundAt = clock.ran() + (returned.isUrgent() ? ROUND_MS : Math.min(scanMs, LATER_ROUND_MS))
    const count = new Map<PeerId, number>()
    for (const groupId of due) {
      for (const holder of groups.roll(groupId).holders()) {
        if (holder !== network.self && !busy.has(holder) && isSpoken(holder)) count.set(holder, (count.get(holder) ?? 0) + 1)
      }
    }
    const rank = (peer: PeerId): number => (near.has(peer) ? 2 : people.isReachable(peer) ? 1 : 0)
    // Those asked longest ago come first, so that in the end everybody is asked.
    const before = (peer: PeerId): number => askedAt.get(peer) ?? -Infinity
    const order = [...count].toSorted(([a, ofA], [b, ofB]) => compareNumbers(before(a), before(b)) || rank(b) - rank(a) || ofB - ofA)
    for (const [peer] of order.slice(0, ASKED_IN_A_ROUND)) {
      remember(askedAt, peer, clock.ran(), clock.ran())
      compareWith(peer, due, signal)
    }
  }

  const restMs = (near: readonly PeerId[]): number => {
    const next = Math.min(
      changed.dueAt(),
      ...near.map((peer) => dueAt.get(peer) ?? Infinity),
      returned.due().length > 0 ? roundAt : Infinity,
    )
    return Math.max(100, Math.min(returned.isUrgent() ? ROUND_MS : noteMs, next - clock.ran()))
  }

  return {
    answers: createCompareAnswers(kept, clock, digestsOf, returned.speaksFor, changed.noteAlike),
    isServable: returned.isServable,
    async ask(peer, groupId, signal) {
      try {
        const outcome = await exchange.with(peer, [groupId], signal)
        if (outcome === 'not spoken') return isNear(peer)
        returned.noteCompared(outcome.settled)
        return true
      } catch (error) {
        signal.throwIfAborted()
        ignoreKnownErrors(error)
        return refusalOf(error) !== undefined
      }
    },
    wake() {
      wasAlone = true
      dueAt.clear()
      woken.tell()
    },
    async run(signal) {
      const stops = [
        people.changes.watch(woken.tell),
        groups.watch((groupId) => {
          if (changed.note(groupId) === 'first') woken.tell()
        }),
      ]
      try {
        while (!signal.aborted) {
          const near = people.near().map(({ peer }) => peer)
          if (near.length > 0) await noteNear()
          else wasAlone = true
          if (isReturning && returned.isOver()) for (const peer of [...dueAt.keys()]) if (isSpoken(peer)) dueAt.delete(peer)
          isReturning = !returned.isOver()
          compareWithDue(near, signal)
          compareChanged(near, signal)
          askAround(new Set(near), signal)
          await woken.nextWithin(clock, restMs(near), signal)
        }
      } finally {
        for (const stop of stops) stop()
      }
    },
  }
}

/** Sets a time, and forgets those that have passed when there are many. */
function remember(times: Map<PeerId, number>, peer: PeerId, at: number, now: number): void {
  times.set(peer, at)
  if (times.size > PEERS_AT_MOST) for (const [each, time] of times) if (time <= now) times.delete(each)
}

/** Orders numbers, infinite ones too. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
