import { hex } from '../../core/bytes.ts'
import type { ClaimFields } from '../../core/claim.ts'
import type { SegmentId, PeerId } from '../../core/ids.ts'

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

/** Everything that this peer knows about the people who keep a group. SPEC GRO5, GRO6. */
export interface Evidence {
  /** Replaces all claims of and about `holder` by the one that it makes itself now; undefined when it says that it keeps nothing. */
  say(holder: PeerId, claim: ClaimFields | undefined): void
  /** Tells whether `claim` adds anything as hearsay, which never changes what a person says itself. */
  isNews(claim: ClaimFields): boolean
  /** Takes a claim of `bytes` bytes that `teller` told of another person, within the bounds of one teller. */
  hear(teller: PeerId, claim: ClaimFields, bytes: number): void
  /** Notes that `holder` gave a piece of the group that proved itself. */
  prove(holder: PeerId): void
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

interface Hearsay {
  readonly seq: number
  readonly bytes: number
  readonly indexBySegment: ReadonlyMap<string, number>
}

interface Teller {
  bytes: number
  readonly claimByHolder: Map<PeerId, Hearsay>
}

/** Returns empty evidence. */
export function createEvidence(): Evidence {
  const saidByHolder = new Map<PeerId, ReadonlyMap<string, number>>()
  const proven = new Set<PeerId>()
  const tellers = new Map<PeerId, Teller>()

  const tellerOf = (holder: PeerId): Teller | undefined => {
    for (const teller of tellers.values()) if (teller.claimByHolder.has(holder)) return teller
    return undefined
  }
  const forget = (holder: PeerId): void => {
    const teller = tellerOf(holder)
    if (teller === undefined) return
    teller.bytes -= teller.claimByHolder.get(holder)?.bytes ?? 0
    teller.claimByHolder.delete(holder)
  }
  const roomOf = (peer: PeerId): Teller | undefined => {
    const known = tellers.get(peer)
    if (known !== undefined) return known
    if (tellers.size >= TELLERS_AT_MOST) {
      // A teller that keeps nothing itself has the least to do with the group.
      const idle = [...tellers.keys()].find((other) => (saidByHolder.get(other)?.size ?? 0) === 0)
      if (idle === undefined || (saidByHolder.get(peer)?.size ?? 0) === 0) return undefined
      tellers.delete(idle)
    }
    const room: Teller = { bytes: 0, claimByHolder: new Map() }
    tellers.set(peer, room)
    return room
  }

  return {
    say(holder, claim) {
      forget(holder)
      if (!saidByHolder.has(holder) && saidByHolder.size >= SPEAKERS_AT_MOST) {
        const speakers = [...saidByHolder]
        const [last] = speakers.find(([, rows]) => rows.size === 0) ?? speakers.find(([peer]) => !proven.has(peer)) ?? []
        if (last === undefined) return
        saidByHolder.delete(last)
      }
      saidByHolder.set(holder, claim === undefined ? new Map() : indexed(claim))
    },
    isNews: ({ holder, seq }) => !saidByHolder.has(holder) && (tellerOf(holder)?.claimByHolder.get(holder)?.seq ?? -1) < seq,
    hear(teller, claim, bytes) {
      const { holder, seq } = claim
      if (saidByHolder.has(holder)) return
      const known = tellerOf(holder)
      const room = known ?? roomOf(teller)
      if (room === undefined) return
      const before = room.claimByHolder.get(holder)
      if (before === undefined ? room.claimByHolder.size >= HEARD_PER_TELLER : before.seq >= seq) return
      const roomBytes = room.bytes + bytes - (before?.bytes ?? 0)
      if (roomBytes > HEARD_BYTES_PER_TELLER) return
      room.bytes = roomBytes
      room.claimByHolder.set(holder, { seq, bytes, indexBySegment: indexed(claim) })
    },
    prove(holder) {
      if (saidByHolder.has(holder)) proven.add(holder)
    },
    keepersOf(segmentId) {
      const name = hex(segmentId)
      const keepers: Keeper[] = []
      for (const [peer, rows] of saidByHolder) {
        const index = rows.get(name)
        if (index !== undefined) keepers.push({ peer, index, evidence: proven.has(peer) ? 'verified' : 'said' })
      }
      for (const { claimByHolder } of tellers.values()) {
        for (const [peer, { indexBySegment }] of claimByHolder) {
          const index = indexBySegment.get(name)
          if (index !== undefined) keepers.push({ peer, index, evidence: 'heard' })
        }
      }
      return keepers
    },
    holders: () => [...saidByHolder].filter(([, rows]) => rows.size > 0).map(([peer]) => peer),
    heardOf() {
      const lists = [...tellers.values()].map(({ claimByHolder }) => [...claimByHolder.keys()])
      const most = Math.max(0, ...lists.map(({ length }) => length))
      return Array.from({ length: most }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
    },
  }
}

/** Returns those of `keepers` that count. SPEC GRO5. */
export function counted(keepers: readonly Keeper[]): readonly CountedKeeper[] {
  return keepers.filter((keeper): keeper is CountedKeeper => keeper.evidence !== 'heard')
}

function indexed({ rows }: ClaimFields): ReadonlyMap<string, number> {
  return new Map(rows.map(({ segmentId, index }) => [hex(segmentId), index]))
}
