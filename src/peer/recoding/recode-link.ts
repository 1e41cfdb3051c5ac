import { recordKinds } from '../../core/keys.ts'
import { isNarrow, type FileCode } from '../../core/policy.ts'
import { RECODING_LOSTS } from '../../core/recoding.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import { isOpenable, type OwnGroup } from '../groups/own-group.ts'
import { tellGroup } from '../groups/tell-group.ts'
import { describeSegment } from '../placing/describe-segment.ts'
import { sealedInMemory } from '../placing/segment-source.ts'
import { commitOtherRoot, OTHER_ROOT_PLACE, retireOthers, switchLayouts, takeBack } from './layouts.ts'
import { placePieces } from './place-pieces.ts'
import type { RecodeTools } from './recode-tools.ts'

/**
 * Goes on with coding the object of a link like the file that it names, where its n is small beside the file's, and retires its old segment once
 * that is due.
 * @throws HoardError of this device; `signal.reason`
 * Source: core SPEC.md RCD7.
 */
export async function recodeLink(tools: RecodeTools, group: OwnGroup, code: FileCode, signal: AbortSignal): Promise<void> {
  const { parts, people, journal } = tools
  const before = group.segments.get(ROOT_PLACE)
  const { rootObject } = group
  if (before === undefined || rootObject === undefined || !isOpenable(group)) return
  const { k, m, n } = code
  let segment = group.others.get(OTHER_ROOT_PLACE)
  const isOld = segment !== undefined && (segment.descriptor.n !== n || segment.descriptor.k !== k)
  if (isOld || !isNarrow(before.descriptor, code)) {
    const isDue = (group.note.retireAt ?? 0) <= people.papers.now()
    if (segment !== undefined && isDue) await retireOthers(tools, group, signal)
    return
  }
  const isSafe = (): boolean => isOpenable(group) && countedIndices(tools.known, group, before).size >= before.descriptor.m
  if (!isSafe()) return
  const source = sealedInMemory(rootObject.sealed)
  if (segment === undefined) {
    segment = await describeSegment(parts.coder, code, group.groupKey, source, signal)
    await takeBack(tools, group, segment.segmentId)
    await commitOtherRoot(journal, group, rootObject, segment)
  }
  const { segmentId } = segment
  if (!(await placePieces(tools, { group, at: OTHER_ROOT_PLACE, segment, source: async () => source, isReady: isSafe }, signal))) return
  if (countedIndices(tools.known, group, segment).size < m) return
  const now = people.papers.now()
  const times = { now, retireAt: Math.floor(now + RECODING_LOSTS.steady * parts.policy.presence.lostAfterMs) }
  const root = { kind: recordKinds.link, segmentId, r: new Uint8Array() }
  await switchLayouts(journal, [{ group, root }], times, {}, () => ({ notes: [], assign: () => undefined }))
  await tellGroup(tools, group, signal)
}
