import type { ClaimFields } from '../../core/claim.ts'
import type { SegmentId, PeerId } from '../../core/ids.ts'
import { ranks, type Roll, type RollHolder } from '../roll/roll.ts'

/**
 * How this peer knows that a person keeps a piece, best first: it read and proved a piece of the group from that person; the person said so
 * itself, over its own connection; somebody else told it. SPEC GRO5.
 */
export type EvidenceKind = 'verified' | 'said' | 'heard'

/** A person who keeps a piece of a segment, as far as is known. */
export interface Keeper {
  readonly peer: PeerId
  readonly index: number
  readonly evidence: EvidenceKind
}

/** A keeper by its own word or by proof: only these count for a word or a grade. */
export type CountedKeeper = Keeper & { readonly evidence: Exclude<EvidenceKind, 'heard'> }

/** The bounds and the order of a reader's roll: who keeps a group, and how that is known. SPEC GRO5, GRO6. */
export interface Evidence {
  /** Replaces all claims of and about `holder` by the one that it makes itself now; undefined when it says that it keeps nothing. */
  say(holder: PeerId, claim: ClaimFields | undefined): void
  /** Tells whether `claim` adds anything as hearsay, which never changes what a person says itself. */
  isNews(claim: ClaimFields): boolean
  /** Takes a claim of `bytes` bytes that `teller` told of another person, within the bounds of one teller. */
  hear(teller: PeerId, claim: ClaimFields, bytes: number): void
  /** Notes that `holder` gave its piece of a segment of the group, and that it proved itself. */
  prove(holder: PeerId, segmentId: SegmentId): void
  /** Returns everybody who may keep a piece of `segmentId`. */
  keepersOf(segmentId: SegmentId): readonly Keeper[]
  /** Returns the people who say themselves that they keep something. */
  holders(): readonly PeerId[]
  /** Returns the people known by hearsay alone: the first that each teller named, then the second of each, and so on. */
  heardOf(): readonly PeerId[]
}

/** Most people whose own word is remembered, as many as a holder remembers of a group: holders that proved a piece are never forgotten. */
const SPEAKERS_AT_MOST = 256
/** Bounds of one teller, and the number of tellers: 8 MiB of claims in all, however many peers tell. SPEC GRO6. */
export const HEARD_PER_TELLER = 64
const HEARD_BYTES_PER_TELLER = 262_144
const TELLERS_AT_MOST = 32

/** The people of whom one teller told, and the bytes of their claims. */
interface Teller {
  bytes: number
  readonly holders: Set<PeerId>
}

/** Returns the evidence that is in `roll`, empty at first; it alone changes the holders there. `now` returns Unix milliseconds. */
export function createEvidence(roll: Roll, now: () => number): Evidence {
  const tellers = new Map<PeerId, Teller>()

  /** Returns the claim that a person made itself, the empty one of a person that keeps nothing included. */
  const saidBy = (peer: PeerId): RollHolder | undefined => {
    const known = roll.find(peer)
    return known?.telling?.rank === ranks.holder ? known : undefined
  }
  const heardAbout = (peer: PeerId): RollHolder | undefined => {
    const known = roll.find(peer)
    return known?.telling?.rank === ranks.hearsay ? known : undefined
  }
  const forget = (holder: PeerId): void => {
    const heard = heardAbout(holder)
    const teller = heard?.telling && tellers.get(heard.telling.teller)
    if (heard === undefined || teller === undefined) return
    teller.bytes -= heard.bytes
    teller.holders.delete(holder)
    roll.drop(holder)
  }
  const keepsSomething = (peer: PeerId): boolean => (saidBy(peer)?.rows ?? 0) > 0
  const roomOf = (peer: PeerId): Teller | undefined => {
    const known = tellers.get(peer)
    if (known !== undefined) return known
    if (tellers.size >= TELLERS_AT_MOST) {
      // A teller that keeps nothing itself has the least to do with the group.
      const idle = [...tellers.keys()].find((other) => !keepsSomething(other))
      if (idle === undefined || !keepsSomething(peer)) return undefined
      for (const holder of tellers.get(idle)?.holders ?? []) roll.drop(holder)
      tellers.delete(idle)
    }
    const room: Teller = { bytes: 0, holders: new Set() }
    tellers.set(peer, room)
    return room
  }

  return {
    say(holder, claim) {
      forget(holder)
      if (saidBy(holder) === undefined) {
        const speakers = roll.all().filter(({ telling }) => telling?.rank === ranks.holder)
        if (speakers.length >= SPEAKERS_AT_MOST) {
          const last = speakers.find(({ rows }) => rows === 0) ?? speakers.find(({ isChecked }) => !isChecked)
          if (last === undefined) return
          roll.drop(last.holder)
        }
      }
      const telling = { teller: holder, rank: ranks.holder, isPlacers: false }
      roll.put({ holder, seq: claim?.seq ?? 0, takenAt: now(), rows: claim?.rows ?? [], telling })
    },
    isNews: ({ holder, seq }) => saidBy(holder) === undefined && (roll.find(holder)?.seq ?? -1) < seq,
    hear(teller, claim, bytes) {
      const { holder, seq, rows } = claim
      if (saidBy(holder) !== undefined) return
      const before = heardAbout(holder)
      // What is known of the person already stays on the account of its first teller.
      const first = before?.telling?.teller ?? teller
      const room = roomOf(first)
      if (room === undefined) return
      if (before === undefined ? room.holders.size >= HEARD_PER_TELLER : before.seq >= seq) return
      const roomBytes = room.bytes + bytes - (before?.bytes ?? 0)
      if (roomBytes > HEARD_BYTES_PER_TELLER) return
      room.bytes = roomBytes
      room.holders.add(holder)
      roll.put({ holder, seq, takenAt: now(), rows, bytes, telling: { teller: first, rank: ranks.hearsay, isPlacers: false } })
    },
    prove(holder, segmentId) {
      if (saidBy(holder) !== undefined) roll.noteChecked(holder, now(), segmentId)
    },
    keepersOf(segmentId) {
      const keepers = roll.keepersOf(segmentId).map(({ holder, index, rank, isChecked }): Keeper => {
        const own = isChecked ? 'verified' : 'said'
        return { peer: holder, index, evidence: rank === ranks.holder ? own : 'heard' }
      })
      return [...counted(keepers), ...keepers.filter(({ evidence }) => evidence === 'heard')]
    },
    holders: () => roll.all().flatMap(({ holder, telling, rows }) => (telling?.rank === ranks.holder && rows > 0 ? [holder] : [])),
    heardOf() {
      const lists = [...tellers.values()].map(({ holders }) => [...holders])
      const most = Math.max(0, ...lists.map(({ length }) => length))
      return Array.from({ length: most }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
    },
  }
}

/** Returns those of `keepers` that count. SPEC GRO5. */
export function counted(keepers: readonly Keeper[]): readonly CountedKeeper[] {
  return keepers.filter((keeper): keeper is CountedKeeper => keeper.evidence !== 'heard')
}
