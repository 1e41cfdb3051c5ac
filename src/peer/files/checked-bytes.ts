import type { PeerId } from '../../core/ids.ts'
import type { Changes } from '../../flow/changes.ts'
import type { Clock } from '../../ports/clock.ts'
import { isCounted } from '../groups/counted-pieces.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'

/** What is counted: the contents of this owner, and how far people and their claims are known. */
interface Counted extends Pick<StoreTools, 'people' | 'known'> {
  readonly contents: readonly Content[]
}

/** Longest time for which nothing is counted anew: proofs grow old while nothing changes. */
const COUNT_EVERY_MS = 3_600_000
/** Time for which a proof that somebody serves counts in its favour: 7 days. SPEC ADM4. */
const PROOF_MS = 7 * 86_400_000

/**
 * Returns a function that returns `checkedBytes`, counted anew after each of `changes` and every hour.
 * @param find returns what is counted; undefined while it is being opened
 */
export function createCheckedBytes(clock: Clock, changes: Changes, find: () => Counted | undefined): () => ReadonlyMap<PeerId, number> {
  let counted: { readonly bytes: ReadonlyMap<PeerId, number>; readonly until: number } | undefined
  changes.watch(() => (counted = undefined))
  return () => {
    const found = find()
    if (found === undefined) return new Map()
    if (counted === undefined || clock.ran() >= counted.until)
      counted = { bytes: checkedBytes(found, clock.now()), until: clock.ran() + COUNT_EVERY_MS }
    return counted.bytes
  }
}

/**
 * Returns the bytes of shards of `contents` that each person keeps by what this device has found out lately: pieces that count for their
 * owner, of people of whom a leaf has proven itself within seven days. What was once placed with somebody says nothing.
 * @param now Unix milliseconds
 * Source: protocol SPEC.md ADM4; core SPEC.md HTH1, EVD1.
 */
export function checkedBytes({ contents, people, known }: Counted, now: number): ReadonlyMap<PeerId, number> {
  const bytesByPeer = new Map<PeerId, number>()
  for (const { groups } of contents) {
    for (const { roll, segments } of groups) {
      for (const segment of segments.values()) {
        const { sealedLength, k } = segment.descriptor
        for (const row of roll.keepersOf(segment.segmentId)) {
          const { holder, checkedAt = 0 } = row
          const provenAt = Math.max(checkedAt, people.conduct.of(holder).checks[0]?.at ?? 0)
          if (now - provenAt > PROOF_MS || !isCounted(known, row, segment)) continue
          bytesByPeer.set(holder, (bytesByPeer.get(holder) ?? 0) + Math.ceil(sealedLength / k))
        }
      }
    }
  }
  return bytesByPeer
}
