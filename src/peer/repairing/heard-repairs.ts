import { hex } from '../../core/bytes.ts'
import { heed, heedEnd, isLeftToOthers, type Heeded } from '../../core/healing/election.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { refused } from '../../protocol/refusal.ts'
import type { RepairSaid, SyncHost } from '../../protocol/sync-messages.ts'

/** What others say of their own repairs. Times are on the scale of the clock's `ran`. */
export interface HeardRepairs {
  /** Takes the word of a peer about itself. SPEC SYN5. */
  readonly repairing: NonNullable<SyncHost['repairing']>
  /** Calls `listener` with the segment of every word that changes anything; returns how to stop. */
  watch(listener: (segmentId: SegmentId) => void): () => void
  /** Returns until when somebody else's repair of the segment goes on, as far as is known; undefined when none does. SPEC RPR5, RPR11. */
  goesOnUntil(segmentId: SegmentId, urgency: Urgency): number | undefined
  /** Returns who is waited for, while that goes on. */
  guardianOf(segmentId: SegmentId, urgency: Urgency): PeerId | undefined
  /** Notes that a new piece of the segment is known: whoever repairs it gets on. */
  noteProgress(segmentId: SegmentId): void
  /** Notes that the segment lacks nothing: what is over is forgotten. */
  noteWhole(segmentId: SegmentId): void
}

/** For a segment that is urgent nobody is waited for long but its owner. SPEC RPR11. */
export type Urgency = 'urgent' | 'not urgent'

/** What hearing needs to know. */
export interface HearingParts {
  readonly clock: Pick<Clock, 'ran'>
  /** Returns the time by which others date what they say, Unix milliseconds. */
  readonly now: () => number
  readonly epoch: () => number
  readonly claimMs: number
  readonly rankDelayMs: number
  /** Tells whether a piece of the segment is kept here. */
  readonly isKept: (segmentId: SegmentId) => boolean
  /** Tells whether `peer` is known to keep a piece of the segment, or placed the one that is kept here: nobody else can repair it. */
  readonly isHolder: (segmentId: SegmentId, peer: PeerId) => boolean
  /** Tells whether `peer` placed the piece that is kept here, and is near: it is waited for where the repair is urgent, too. */
  readonly isOwnerNear: (segmentId: SegmentId, peer: PeerId) => boolean
}

interface Word {
  readonly segmentId: SegmentId
  heeded: Heeded
  /** When the last word came that was believed, or the last new piece of the segment. */
  movedAt: number
}

/** Most segments of which words are remembered; those heard longest ago go first. */
const SEGMENTS_AT_MOST = 4_096
/** Words of one peer that are taken at once, how many more a second, and of how many peers that is counted. */
const [WORDS_AT_ONCE, WORDS_PER_SECOND, PEERS_AT_MOST] = [1_024, 1, 1_024]

/** Returns no words yet. Source: core SPEC.md RPR5, RPR11; protocol SPEC.md SYN5. */
export function createHeardRepairs({ clock, now, epoch, claimMs, rankDelayMs, isKept, isHolder, isOwnerNear }: HearingParts): HeardRepairs {
  const listeners = new Set<(segmentId: SegmentId) => void>()
  const words = new Map<string, Word>()
  const useByPeer = new Map<PeerId, { readonly left: number; readonly at: number }>()

  function spend(peer: PeerId): void {
    const at = clock.ran()
    const use = useByPeer.get(peer)
    const gained = use === undefined ? 0 : ((at - use.at) * WORDS_PER_SECOND) / 1000
    const left = Math.min(WORDS_AT_ONCE, (use?.left ?? WORDS_AT_ONCE) + gained) - 1
    if (left < 0) throw refused('RATE')
    useByPeer.delete(peer)
    useByPeer.set(peer, { left, at })
    dropOldest(useByPeer, PEERS_AT_MOST)
  }

  function take(peer: PeerId, { segmentId, course }: RepairSaid): void {
    const name = hex(segmentId)
    const before = words.get(name)
    const at = clock.ran()
    if (course.is !== 'under way') {
      if (before?.heeded.peer !== peer) return
      before.heeded = heedEnd(before.heeded, peer, at)
    } else {
      // What `until` says is left of the other's time counts here from now on.
      const heeded = heed(before?.heeded, { peer, until: at + (course.until - now()) }, epoch(), at, claimMs)
      if (heeded === before?.heeded) return
      words.delete(name)
      words.set(name, { segmentId, heeded, movedAt: at })
      dropOldest(words, SEGMENTS_AT_MOST)
    }
    for (const listener of listeners) listener(segmentId)
  }

  const goesOnUntil: HeardRepairs['goesOnUntil'] = (segmentId, urgency) => {
    const word = words.get(hex(segmentId))
    if (word === undefined || !isLeftToOthers(word.heeded, clock.ran(), false)) return undefined
    const { heeded, movedAt } = word
    // Whether the owner is still near is looked at again after the delay of a rank.
    const since = isOwnerNear(segmentId, heeded.peer) ? clock.ran() : movedAt
    const until = urgency === 'urgent' ? Math.min(heeded.until, since + rankDelayMs) : heeded.until
    return until > clock.ran() ? until : undefined
  }

  return {
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async repairing(peer, said) {
      spend(peer)
      if (!isKept(said.segmentId)) throw refused('UNKNOWN')
      if (isHolder(said.segmentId, peer)) take(peer, said)
    },
    goesOnUntil,
    guardianOf: (segmentId, urgency) =>
      goesOnUntil(segmentId, urgency) === undefined ? undefined : words.get(hex(segmentId))?.heeded.peer,
    noteProgress(segmentId) {
      const word = words.get(hex(segmentId))
      const at = clock.ran()
      if (word === undefined || word.heeded.until <= at) return
      word.movedAt = at
      word.heeded = { ...word.heeded, until: Math.max(word.heeded.until, at + claimMs) }
    },
    noteWhole(segmentId) {
      const word = words.get(hex(segmentId))
      if (word !== undefined && word.heeded.until <= clock.ran()) words.delete(hex(segmentId))
    },
  }
}

function dropOldest<Key>(map: Map<Key, unknown>, most: number): void {
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
