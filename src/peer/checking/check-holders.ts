import type { Descriptor } from '../../core/descriptor.ts'
import { codeOf } from '../../core/errors.ts'
import { drawn, personToCheck, type Checkable } from '../../core/healing/checks.ts'
import { brandBytes, type PeerId, type SegmentId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { PieceName } from '../people/evidence/conduct-book.ts'
import type { People } from '../people/people.ts'
import { isWorthATry } from '../people/person.ts'
import type { Look, Roll } from '../roll/roll.ts'
import { checkPiece, drawOf, type Finding, noteFinding } from './check-piece.ts'
import type { KnownPieces } from './known-pieces.ts'

/** Groups of which this device can check pieces: it has the descriptors of their segments. */
export interface CheckedGroups {
  rolls(): readonly Roll[]
  /** Resolves with the descriptor of a segment of a roll; undefined when there is none, or the segment is wanted no more. */
  descriptorOf(segmentId: SegmentId, roll: Roll): Promise<Descriptor | undefined>
  /** Notes in the roll what a look at a piece of `holder` found, and writes it down. */
  noteLook(roll: Roll, holder: PeerId, piece: PieceName, look: Look): Promise<void>
}

/** Checks of holders by ordinary reads. */
export interface Checking {
  /** Makes `policy.audit.leavesPerDay` checks a day until `signal` aborts, each at a random moment of its share of the day. */
  run(signal: AbortSignal): Promise<void>
  /** Checks one person now, the one due first; resolves with what was found, undefined when nobody is due. Throws `signal.reason`. */
  checkOne(signal: AbortSignal): Promise<Finding | undefined>
  /** Checks one piece now and notes what it finds, so that a guardian knows before it fetches. Throws `signal.reason`. */
  check(groups: CheckedGroups, roll: Roll, row: { readonly peer: PeerId } & PieceName, signal: AbortSignal): Promise<Finding | undefined>
}

/** The claim of a person in one roll. */
interface ClaimSeen {
  readonly groups: CheckedGroups
  readonly roll: Roll
  readonly takenAt: number
  readonly rows: number
}

const DAY_MS = 86_400_000
/** Stands for a piece of which nothing is known. */
const ANY_ROW = { segmentId: brandBytes<SegmentId>(new Uint8Array(32)), index: 0, toldAt: 0, hasFailed: false }
/** People and rows that are tried in place of others who are away, or whose segment is wanted no more. */
const TRIES = 3

/** Returns the checks of the holders of `sources`. Source: core SPEC.md EVD5, EVD7. */
export function createChecking(
  parts: Pick<PeerParts, 'network' | 'clock' | 'coder' | 'random' | 'policy'>,
  people: Pick<People, 'known' | 'isReachable' | 'conduct' | 'noteLie'>,
  known: KnownPieces,
  sources: readonly CheckedGroups[],
): Checking {
  const { network, clock, random, policy } = parts
  const { conduct } = people
  const { lostAfterMs } = policy.presence
  /** People who did not serve when they were last asked, without an error: they are left out for as long as after one. */
  const unserved = new Set<PeerId>()

  const draw = (): number => drawOf(random)

  /** Returns the claims by person of which a check may say something: not those of liars, nor those that are void. */
  function claimsByPerson(): ReadonlyMap<PeerId, readonly ClaimSeen[]> {
    const claimsByPeer = new Map<PeerId, ClaimSeen[]>()
    /** Before when the claims of each person are void, Unix milliseconds. The same people hold many groups. */
    const voidedByPeer = new Map<PeerId, number>([[network.self, Infinity]])
    for (const groups of sources) {
      for (const roll of groups.rolls()) {
        for (const { holder, rows, takenAt } of roll.all()) {
          const voidedAt = voidedByPeer.get(holder) ?? voidedAtOf(holder)
          voidedByPeer.set(holder, voidedAt)
          if (rows === 0 || takenAt <= voidedAt) continue
          const seen = { groups, roll, takenAt, rows }
          const others = claimsByPeer.get(holder)
          if (others === undefined) claimsByPeer.set(holder, [seen])
          else others.push(seen)
        }
      }
    }
    return claimsByPeer
  }

  function voidedAtOf(peer: PeerId): number {
    const { isLiar, voidedAt } = conduct.of(peer)
    return isLiar ? Infinity : voidedAt
  }

  /** Returns the first rows that are not proven: whether there are any is all that counts. */
  function unprovenOf(peer: PeerId, claims: readonly ClaimSeen[]): number {
    for (const { roll, takenAt } of claims) {
      // Three pieces that proved themselves lately prove every other one: nobody goes through hundreds of thousands of rows.
      if (known.standingOf({ ...ANY_ROW, holder: peer }, takenAt) === 'proven') continue
      for (const row of roll.rowsOf(peer)) if (known.standingOf(row, takenAt) !== 'proven') return 1
    }
    return 0
  }

  /** Returns whom to check: somebody who can be reached, else somebody who was named and never met. */
  function choose(claimsByPeer: ReadonlyMap<PeerId, readonly ClaimSeen[]>, tried: ReadonlySet<PeerId>): PeerId | undefined {
    const left = [...claimsByPeer].filter(([peer]) => !tried.has(peer))
    const toCheckable = ([peer, claims]: readonly [PeerId, readonly ClaimSeen[]]): Checkable<PeerId> => ({
      peer,
      unproven: unprovenOf(peer, claims),
      triedAt: conduct.triedAt(peer),
      hasFailed: conduct.of(peer).errors > 0 || unserved.has(peer),
    })
    const isNamed = (peer: PeerId): boolean => {
      const person = people.known(peer)
      return person !== undefined && person.hello === undefined && isWorthATry(person, clock.now())
    }
    const reachable = left.filter(([peer]) => people.isReachable(peer)).map(toCheckable)
    const named = left.filter(([peer]) => !people.isReachable(peer) && isNamed(peer)).map(toCheckable)
    return personToCheck(reachable, clock.now(), lostAfterMs) ?? personToCheck(named, clock.now(), lostAfterMs)
  }

  async function check(
    groups: CheckedGroups,
    roll: Roll,
    { peer, ...piece }: { readonly peer: PeerId } & PieceName,
    signal: AbortSignal,
  ): Promise<Finding | undefined> {
    const descriptor = await groups.descriptorOf(piece.segmentId, roll)
    if (descriptor === undefined) return undefined
    conduct.noteTried(peer)
    const found = await checkPiece(parts, people, { peer, piece, descriptor }, draw(), signal)
    if (found === 'unserved') unserved.add(peer)
    else unserved.delete(peer)
    noteFinding(people, peer, piece, found, roll.rowOf(peer, piece.segmentId)?.toldAt)
    const look = found === 'right' ? 'right' : found === 'unknown' ? 'nothing' : undefined
    if (look !== undefined) await groups.noteLook(roll, peer, piece, { found: look, segmentId: piece.segmentId, at: clock.now() })
    return found
  }

  /** Checks a random row of the person; another one when the segment of the first is wanted no more. */
  async function checkPerson(peer: PeerId, claims: readonly ClaimSeen[], signal: AbortSignal): Promise<Finding | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      let at = drawn(
        claims.reduce((sum, { rows }) => sum + rows, 0),
        draw(),
      )
      const claim = claims.find(({ rows }) => (at -= rows) < 0)
      const rows = claim === undefined ? [] : [...claim.roll.rowsOf(peer)]
      const row = claim && rows[at + claim.rows]
      const found = row && (await check(claim.groups, claim.roll, { peer, segmentId: row.segmentId, index: row.index }, signal))
      if (found !== undefined) return found
    }
    return undefined
  }

  async function checkOne(signal: AbortSignal): Promise<Finding | undefined> {
    const claimsByPeer = claimsByPerson()
    const tried = new Set<PeerId>()
    let last: Finding | undefined
    while (tried.size < TRIES) {
      const peer = choose(claimsByPeer, tried)
      if (peer === undefined) return last
      tried.add(peer)
      last = await checkPerson(peer, claimsByPeer.get(peer) ?? [], signal)
      if (last !== undefined && last !== 'away' && last !== 'unserved') return last
    }
    return last
  }

  return {
    async run(signal) {
      const { leavesPerDay } = policy.audit
      if (leavesPerDay === 0) return
      const shareMs = DAY_MS / leavesPerDay
      for (let begin = clock.ran(); !signal.aborted; begin = Math.max(begin + shareMs, clock.ran())) {
        await clock.wait(Math.max(0, Math.floor(begin + draw() * shareMs - clock.ran())), { signal })
        await checkOne(signal).catch((error: unknown) => {
          signal.throwIfAborted()
          // A disk that is full or away now may work at the next check.
          if (codeOf(error) === undefined) throw error
        })
        await clock.wait(Math.max(0, Math.ceil(begin + shareMs - clock.ran())), { signal })
      }
    },
    checkOne,
    check,
  }
}
