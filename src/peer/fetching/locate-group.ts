import { equalBytes, hex } from '../../core/bytes.ts'
import { checkCharter, checkTombstone } from '../../core/charter.ts'
import { checkClaim, readClaim, type CheckedClaim, ANY_TIME } from '../../core/claim.ts'
import type { SegmentId, GroupId, PeerId } from '../../core/ids.ts'
import { askWho } from '../../protocol/group.ts'
import { createChanges, type Changes } from '../../flow/changes.ts'
import { createEvidence, HEARD_PER_TELLER, type Evidence, type Keeper } from './evidence.ts'
import { createLimiter, type Limiter } from '../../flow/limiter.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { Roll } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import type { People } from '../people/people.ts'

/** A group as far as this peer knows it: a roll of its newest charter or tombstone and of the people who keep its pieces. */
export interface KnownGroup {
  readonly groupId: GroupId
  readonly roll: Roll
  readonly evidence: Evidence
  /** Tells of every answer. */
  readonly changes: Changes
  /** The round of asking that is under way. */
  search: Promise<void> | undefined
  /** People known by hearsay that were asked already; cleared once all of them were. */
  readonly askedByHearsay: Set<PeerId>
  /** Called with every claim that its holder made itself, as it comes. */
  readonly onSaid?: (claim: CheckedClaim) => void
}

const ASK_AT_ONCE = 6
/** People known by hearsay alone may not exist: a limiter of their own keeps them from delaying those who are near. */
const ASK_HEARD_AT_ONCE = 4
/** Most of them that are asked in one round, a few of each teller; the next round asks the next ones. */
const HEARD_PER_ROUND = 16
const FIND_MS = 15_000
/** Peers from the directory that are asked in one round, at least, and at most while no peer has said that it keeps anything. */
const NAMES_AT_LEAST = 8
const NAMES_AT_MOST = 256

/** Returns a group about which nothing is known yet. */
export function unknownGroup(groupId: GroupId, { now }: Pick<Clock, 'now'>, onSaid?: KnownGroup['onSaid']): KnownGroup {
  const roll = createRolls().of(groupId)
  return {
    groupId,
    roll,
    evidence: createEvidence(roll, now),
    changes: createChanges(),
    search: undefined,
    askedByHearsay: new Set(),
    ...(onSaid && { onSaid }),
  }
}

/**
 * Asks the hints, the people who are connected or connect meanwhile and, while no charter is known, those that the directory names; then
 * some of the people that these told of. Takes in what checks; `known.changes` tells of every answer. Resolves when the directory is done
 * and all have answered or failed; a call while a round is under way waits for that round.
 * @param hints peers that were named as its holders
 */
export function locateGroup(
  parts: PeerParts,
  people: People,
  known: KnownGroup,
  { hints = [], signal }: { readonly hints?: readonly PeerId[]; readonly signal: AbortSignal },
): Promise<void> {
  known.search ??= askEverybody(parts, people, known, hints, signal).finally(() => {
    known.search = undefined
  })
  return known.search
}

async function askEverybody(
  parts: PeerParts,
  people: People,
  known: KnownGroup,
  hints: readonly PeerId[],
  signal: AbortSignal,
): Promise<void> {
  const asked = new Set<PeerId>([parts.network.self])
  const lanes = createLimiter(ASK_AT_ONCE)
  const asking = new Set<Promise<void>>()
  const ask = (peers: readonly PeerId[], own: Limiter = lanes): void => {
    for (const peer of peers) {
      if (asked.has(peer)) continue
      asked.add(peer)
      const one = own.run(() => askOne(parts, people, known, peer, signal), signal).catch(() => undefined)
      asking.add(one)
      void one.finally(() => asking.delete(one))
    }
  }
  const allAnswered = async (): Promise<void> => {
    while (asking.size > 0) await Promise.all(asking)
    signal.throwIfAborted()
  }
  // A page that has just opened meets its first people while the directory is still looking.
  const stopWatching = people.changes.watch(() => ask(people.connected()))
  try {
    ask([...people.connected(), ...hints, ...known.evidence.holders()])
    if (known.roll.paper() === undefined) await askAnnounced(parts, known, { ask, asking, signal })
    await allAnswered()
    ask(nextHeardOf(known), createLimiter(ASK_HEARD_AT_ONCE))
    await allAnswered()
  } finally {
    stopWatching()
  }
}

/** Returns the people to ask next of those that are known by hearsay alone. */
function nextHeardOf({ evidence, askedByHearsay }: KnownGroup): readonly PeerId[] {
  const heardOf = evidence.heardOf()
  if (heardOf.every((peer) => askedByHearsay.has(peer))) askedByHearsay.clear()
  const next = heardOf.filter((peer) => !askedByHearsay.has(peer)).slice(0, HEARD_PER_ROUND)
  for (const peer of next) askedByHearsay.add(peer)
  return next
}

async function askOne(parts: PeerParts, people: People, known: KnownGroup, peer: PeerId, signal: AbortSignal): Promise<void> {
  const hops = people.known(peer)?.hops ?? []
  const answer = await askWho(parts.network, parts.clock, peer, known.groupId, { signal, hops, mostClaims: HEARD_PER_TELLER }).catch(
    (error: unknown) => {
      if (refusalOf(error) === 'UNKNOWN') known.evidence.say(peer, undefined)
      throw error
    },
  )
  // Each part is checked by itself: a wrong paper or wrong hearsay does not undo what the holder says of itself.
  orNothing(() => known.evidence.say(peer, answer.own && ownClaim(known, peer, answer.own)))
  orNothing(() => answer.paper && takePaper(people, known, answer.paper))
  // The first wrong signature ends the hearsay of this answer: checking a wrong one costs as much as a right one.
  orNothing(() => {
    for (const bytes of answer.claims) takeHearsay(people, known, peer, bytes)
  })
  known.changes.tell()
}

function ownClaim(known: KnownGroup, peer: PeerId, bytes: Uint8Array): CheckedClaim | undefined {
  const claim = checkClaim(bytes, ANY_TIME)
  if (claim.holder !== peer || !equalBytes(claim.groupId, known.groupId)) return undefined
  known.onSaid?.(claim)
  return claim
}

function takeHearsay(people: People, known: KnownGroup, teller: PeerId, bytes: Uint8Array): void {
  const told = readClaim(bytes)
  if (told.holder === teller || !equalBytes(told.groupId, known.groupId) || !known.evidence.isNews(told)) return
  known.evidence.hear(teller, checkClaim(bytes, people.papers.now()), bytes.length)
}

function orNothing(take: () => void): void {
  try {
    take()
  } catch {
    // A part that fails its check counts as absent.
  }
}

/** Returns the people who may keep a piece of a segment, and how that is known. People who lied before are left out. */
export function keepersOf(known: KnownGroup, people: People, segmentId: SegmentId): readonly Keeper[] {
  return known.evidence.keepersOf(segmentId).filter(({ peer }) => (people.known(peer)?.lies ?? 0) === 0)
}

/**
 * Asks the peers that the directory names, as the names come, until a holder has said itself what it keeps: strangers that announced the
 * group too cost time but hide no holder. Resolves then, or when the directory has no more names or has looked for `FIND_MS`.
 */
async function askAnnounced(
  { clock, directory }: PeerParts,
  known: KnownGroup,
  round: { readonly ask: (peers: readonly PeerId[]) => void; readonly asking: ReadonlySet<Promise<void>>; readonly signal: AbortSignal },
): Promise<void> {
  const { ask, asking, signal } = round
  const isFound = () => known.evidence.holders().length > 0
  const enough = new AbortController()
  const timer = clock.wait(FIND_MS, { signal: AbortSignal.any([signal, enough.signal]) }).then(
    () => enough.abort(new Error('looked long enough')),
    () => undefined,
  )
  let named = 0
  try {
    for await (const peer of directory.find(known.groupId, { signal: AbortSignal.any([signal, enough.signal]) })) {
      ask([peer])
      while (asking.size >= 2 * ASK_AT_ONCE && !isFound()) await Promise.race(asking)
      if ((isFound() && named >= NAMES_AT_LEAST) || ++named >= NAMES_AT_MOST) break
    }
  } catch {
    signal.throwIfAborted()
  }
  enough.abort(new Error('found enough'))
  await timer
}

function takePaper(people: People, known: KnownGroup, answer: { readonly is: 'charter' | 'tombstone'; readonly bytes: Uint8Array }): void {
  const check = answer.is === 'charter' ? checkCharter : checkTombstone
  const paper = check(answer.bytes, people.papers.now())
  if (hex(paper.groupId) !== hex(known.groupId)) return
  known.roll.takePaper(paper)
}
