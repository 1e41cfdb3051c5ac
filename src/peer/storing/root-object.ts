import type { Bytes } from '../../core/bytes.ts'
import type { FileKey } from '../../core/ids.ts'
import { hashLeaf } from '../../core/merkle.ts'
import { wrapObject } from '../../core/padded-object.ts'
import { describeSegment } from '../placing/describe-segment.ts'
import { ROOT_PLACE } from '../groups/journal.ts'
import { commitRoot, type OwnGroup } from '../groups/own-group.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import { sealedInMemory, type SegmentSource } from '../placing/segment-source.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { FileCode } from '../../core/policy.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'
import type { recordKinds } from '../../core/keys.ts'

/** The root object of a group, a manifest or a link, ready to be placed. */
export interface RootSegment {
  readonly segment: PlacedSegment
  readonly source: SegmentSource
}

/** The root object of a group before it is sealed. */
export interface RootDraft {
  readonly kind: typeof recordKinds.manifest | typeof recordKinds.link
  readonly fileKey: FileKey
  /** Never used before with this key. */
  readonly r: Bytes
  /** CBOR of the manifest or link. */
  readonly object: Bytes
}

/** Returns the root object of `group` as it was sealed; undefined while there is none, and for one sealed before they were kept. */
export function keptRoot({ segments, rootObject }: OwnGroup): RootSegment | undefined {
  const segment = segments.get(ROOT_PLACE)
  if (segment === undefined || rootObject === undefined) return undefined
  return { segment, source: sealedInMemory(rootObject.sealed) }
}

/** Returns the digest by which root objects are told apart. */
export function digestOfRoot(object: Bytes): Bytes {
  return hashLeaf(object)
}

/**
 * Seals a root object once and for all, and writes down its sealed bytes together with their segment: later pieces are coded from them.
 * A crash before that leaves a key, or an r, under which nothing went out and nothing is sealed again.
 * Source: SPEC.md SEA6.
 */
export async function sealRoot(
  { parts: { coder }, journal }: StoreTools,
  group: OwnGroup,
  code: FileCode,
  { kind, fileKey, r, object }: RootDraft,
  signal: AbortSignal,
): Promise<RootSegment> {
  const seal = async (): Promise<Bytes> => coder.seal({ fileKey, kind, r, firstRecord: 0, isEnd: true }, wrapObject(object))
  const sealed = await retryWorker(seal)
  const source = sealedInMemory(sealed)
  const segment = await describeSegment(coder, code, group.groupKey, source, signal)
  await commitRoot(journal, group, { r, object: { digest: digestOfRoot(object), sealed }, segment })
  return { segment, source }
}
