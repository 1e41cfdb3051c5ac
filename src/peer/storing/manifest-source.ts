import { equalBytes } from '../../core/bytes.ts'
import { encodeManifest } from '../../core/manifest.ts'
import type { Content } from './content.ts'
import type { GroupPlans } from './group-plans.ts'
import { digestOfRoot, keptRoot, sealRoot, type RootSegment } from './root-object.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { FileCode } from '../../core/policy.ts'
import { recordKinds } from '../../core/keys.ts'

/**
 * Resolves with the manifest of a group of `work`: the sealed one if it says the same, else one that is sealed now under a fresh r.
 * Undefined when the charter names a manifest already and the sealed one is missing or says something else.
 */
export async function manifestRoot(
  tools: StoreTools,
  { fileKey }: Content,
  code: FileCode,
  work: readonly GroupPlans[],
  { group, plans }: GroupPlans,
  signal: AbortSignal,
): Promise<RootSegment | undefined> {
  const rows = plans.flatMap(({ records }, at) => {
    const segment = group.segments.get(at)
    return segment === undefined ? [] : [{ segmentId: segment.segmentId, records }]
  })
  const further = group === work[0]?.group ? work.slice(1) : []
  const next = further.map(({ group: { groupId }, plans: theirs }) => ({
    groupId,
    records: theirs.reduce((sum, { records }) => sum + records, 0),
  }))
  const object = encodeManifest({ rows, next })
  const { rootObject, note } = group
  if (rootObject !== undefined && equalBytes(rootObject.digest, digestOfRoot(object))) return keptRoot(group)
  if (note.hasRoot) return undefined
  return sealRoot(tools, group, code, { kind: recordKinds.manifest, fileKey, r: tools.parts.random.bytes(32), object }, signal)
}
