import type { PeerId } from '../../core/ids.ts'
import { isKept } from '../groups/enroll.ts'
import { allSegments } from '../groups/own-group.ts'
import type { Content } from '../storing/content.ts'

/** Returns the shard bytes of `contents` that each person keeps: pieces that were read back, or placed by this device. */
export function placedBytes(contents: readonly Content[]): ReadonlyMap<PeerId, number> {
  const bytes = new Map<PeerId, number>()
  for (const { groups } of contents) {
    for (const group of groups) {
      const { roll } = group
      for (const segment of allSegments(group).values()) {
        const shard = Math.ceil(segment.descriptor.sealedLength / segment.descriptor.k)
        for (const row of roll.keepersOf(segment.segmentId)) {
          if (isKept(row, segment)) bytes.set(row.holder, (bytes.get(row.holder) ?? 0) + shard)
        }
      }
    }
  }
  return bytes
}
