import { encodeManifest } from '../core/manifest.ts'
import { wrapObject } from '../core/padded-object.ts'
import { sealedInMemory, type SegmentSource } from './describe-segment.ts'
import type { GroupWork } from './group-work.ts'
import type { Carrier } from './carrier.ts'
import type { StoreTools } from './store-group.ts'

/** Returns the sealed manifest of a group of `work`, the same whenever it is made: its r is written down before it is first used. */
export async function manifestSource(
  { parts, journal }: StoreTools,
  { fileKey }: Carrier,
  work: readonly GroupWork[],
  { group, plans }: GroupWork,
): Promise<SegmentSource> {
  if (group.note.manifestR.length === 0) {
    group.note = { ...group.note, manifestR: parts.random.bytes(32) }
    await journal.commit([{ of: 'group', groupId: group.groupId, note: group.note }])
  }
  const rows = plans.flatMap(({ records }, place) => {
    const segment = group.segments.get(place)
    return segment === undefined ? [] : [{ segmentId: segment.segmentId, records }]
  })
  const further = group === work[0]?.group ? work.slice(1) : []
  const next = further.map(({ group: { groupId }, plans: theirs }) => ({
    groupId,
    records: theirs.reduce((sum, { records }) => sum + records, 0),
  }))
  const object = wrapObject(encodeManifest({ rows, next }))
  return sealedInMemory(await parts.coder.seal({ fileKey, kind: 1, r: group.note.manifestR, firstRecord: 0, isEnd: true }, object))
}
